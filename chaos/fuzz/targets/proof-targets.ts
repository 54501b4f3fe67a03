import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { concatBytes, equalBytes } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import type { DigestResult, StartHash } from "../../../proof/digest/artifact-kind.ts";
import { kindIds, kindOf, kindOfBody, semanticDigest } from "../../../proof/digest/registry.ts";
import { Xxh3128 } from "../../../proof/digest/xxh3/xxh3-128.ts";
import { INPUT_BYTES_MAX } from "../mutate.ts";
import { demand } from "../target.ts";
import type { FuzzTarget } from "../target.ts";

const startHash: StartHash = () => {
  const hash = createHash("sha256");
  return {
    update: (chunk) => void hash.update(chunk),
    finish: () => new Uint8Array(hash.digest()) as Hash,
  };
};

const TAIL_SIZE = 16;

/** The semantic digests that replicas and gateways compute of bytes that anybody may send. */
export function proofTargets(): readonly FuzzTarget[] {
  const seeds = ccacheBodies();
  return kindIds().map((id) => ({
    name: `digest ${id}`,
    seeds: seeds.filter((body) => id === "raw/1" || kindOfBody(body).id === id),
    feed: (input: Uint8Array) => {
      const plain = judge(id, input);
      // Checksums are no secret: behind a right one the parser sees what is mutated.
      const sealed = judge(id, reseal(input));
      return plain.status === "digest" || sealed.status === "digest";
    },
  }));
}

/** In one piece and in many the verdict is the same; a rewriter answers as much as it got. */
function judge(id: string, body: Uint8Array): DigestResult {
  const kind = kindOf(id)!;
  const whole = semanticDigest(startHash, kind, body);
  const digester = kind.startDigest(startHash);
  const rewriter = kind.startRewrite?.();
  const rewritten: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += 37) {
    const chunk = body.slice(at, at + 37);
    digester.update(chunk);
    if (rewriter !== undefined) rewritten.push(rewriter.update(chunk).slice());
  }
  const pieces = digester.finish();
  demand(same(whole, pieces), "a digest does not depend on how the bytes come");
  if (rewriter !== undefined) {
    const served = concatBytes(...rewritten, rewriter.finish());
    demand(served.length === body.length, "a rewritten body keeps its size");
    if (whole.status === "digest") {
      demand(same(semanticDigest(startHash, kind, served), whole), "and its meaning");
    }
  }
  return whole;
}

function same(left: DigestResult, right: DigestResult): boolean {
  if (left.status !== right.status) return false;
  return left.status === "refused" || right.status === "refused"
    ? true
    : equalBytes(left.digest, right.digest);
}

function reseal(body: Uint8Array): Uint8Array {
  if (body.length < TAIL_SIZE) return body;
  const hash = new Xxh3128();
  hash.update(body.subarray(0, -TAIL_SIZE));
  return concatBytes(body.subarray(0, -TAIL_SIZE), hash.finish());
}

/** Beside the sources, whether this runs from them or from dist/; elsewhere there are none. */
function ccacheBodies(): readonly Uint8Array[] {
  const path = "proof/digest/ccache/testdata/";
  const folder = ["../../../", "../../../../"]
    .map((up) => new URL(`${up}${path}`, import.meta.url))
    .find((url) => existsSync(url));
  if (folder === undefined) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => new Uint8Array(readFileSync(new URL(name, folder))))
    .filter((body) => body.length <= INPUT_BYTES_MAX);
}
