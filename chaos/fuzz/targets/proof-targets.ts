import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { concatBytes, equalBytes, utf8 } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import { encodeProofSet } from "../../../proof/admission/proof-set.ts";
import { writeHeader } from "../../../proof/digest/archive/tar-header.ts";
import type { DigestResult, StartHash } from "../../../proof/digest/artifact-kind.ts";
import { kindIds, kindOf, kindOfBody, semanticDigest } from "../../../proof/digest/registry.ts";
import { writeTurboEnvelope } from "../../../proof/digest/turbo/turbo-artifact.ts";
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
  const seeds = seedsByKind();
  return kindIds().map((id) => ({
    name: `digest ${id}`,
    seeds: seeds.get(id) ?? [],
    feed: (input: Uint8Array) => {
      const bodies = [input, ...DRESSES.map((dress) => dress(input))];
      const verdicts = bodies.map((body) => judge(id, body));
      return verdicts.some(({ status }) => status === "digest");
    },
  }));
}

/** Checksums and compression are no secret: behind the right ones the parser sees what is mutated. */
const DRESSES: readonly ((input: Uint8Array) => Uint8Array)[] = [
  reseal,
  (input) => new Uint8Array(gzipSync(input, { level: 1 })),
];

function seedsByKind(): ReadonlyMap<string, readonly Uint8Array[]> {
  const ccache = bodiesOf("ccache");
  const ofCcache = (id: string): readonly Uint8Array[] =>
    ccache.filter((body) => kindOfBody(body).id === id);
  const enveloped = bodiesOf("turbo").map((body) =>
    concatBytes(writeTurboEnvelope("a+tag=") ?? new Uint8Array(0), body),
  );
  return new Map([
    ["raw/1", ccache],
    ["ccache-result/1", ofCcache("ccache-result/1")],
    ["ccache-manifest/1", ofCcache("ccache-manifest/1")],
    ["turbo-artifact/1", enveloped],
    ["nx-artifact/1", [tarOf("code", "\0\0\0\0")]],
    ["gradle-artifact/1", [tarOf("METADATA", "path=\\:compileJava\n")]],
    ["action-result/1", bodiesOf("remote-execution").filter((body) => body[0] !== 0x0a)],
    ["nix-narinfo/1", bodiesOf("nix")],
    ["lease/1", [utf8("0123456789abcdef fedcba9876543210")]],
    ["metamath/1", [proofSetOf("metamath/1")]],
    ["cnf/1", [proofSetOf("cnf/1")]],
  ]);
}

/** Two proofs of one obligation, one of which rests on something. */
function proofSetOf(kind: string): Uint8Array {
  const axiom = new Uint8Array(createHash("sha256").update("an axiom").digest()) as Hash;
  return encodeProofSet({
    kind,
    payload: Uint8Array.of(1, 2, 3, 4, 5),
    proofs: [
      { checker: "checker one", axioms: [], proof: Uint8Array.of(9, 9) },
      { checker: "checker two", axioms: [axiom], proof: Uint8Array.of(7) },
    ],
  });
}

/** An archive in canonical form with a file and the one member that its tool needs. */
function tarOf(path: string, content: string): Uint8Array {
  const members = [
    [path, utf8(content)],
    ["out/x", utf8("made")],
  ] as const;
  const blocks = members.flatMap(([name, bytes]) => [
    writeHeader({ path: name, type: "file", mode: 0o644, target: "", size: bytes.length }),
    bytes,
    new Uint8Array(512 - bytes.length),
  ]);
  return concatBytes(...blocks, new Uint8Array(1024));
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
function bodiesOf(group: string): readonly Uint8Array[] {
  const path = `proof/digest/${group}/testdata/`;
  const folder = ["../../../", "../../../../"]
    .map((up) => new URL(`${up}${path}`, import.meta.url))
    .find((url) => existsSync(url));
  if (folder === undefined) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => new Uint8Array(readFileSync(new URL(name, folder))))
    .filter((body) => body.length <= INPUT_BYTES_MAX);
}
