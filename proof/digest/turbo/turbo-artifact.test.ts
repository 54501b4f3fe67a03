import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import type { DigestResult, StartHash } from "../artifact-kind.ts";
import { semanticDigest } from "../registry.ts";
import {
  TURBO_ENVELOPE_BYTES,
  TURBO_TAG_LENGTH_MAX,
  readTurboEnvelope,
  turboArtifact1,
  writeTurboEnvelope,
} from "./turbo-artifact.ts";

const startHash: StartHash = () => {
  const hash = createHash("sha256");
  return {
    update: (chunk) => void hash.update(chunk),
    finish: () => new Uint8Array(hash.digest()) as Hash,
  };
};
const judge = (body: Uint8Array): DigestResult => semanticDigest(startHash, turboArtifact1, body);
const load = (build: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`./testdata/turbo.${build}-build.bin`, import.meta.url)));

/** As turbo 2.11.11 sent it with both builds: of two checkouts, with two commits and durations. */
const TAG = "Ujbh4uplRAZc8DiM7nb3SFuJ9UG54EmyWEoFvw+j9d4=";
const enveloped = (body: Uint8Array, tag = TAG): Uint8Array =>
  concatBytes(writeTurboEnvelope(tag)!, body);

describe("turbo: two honest cold builds", () => {
  it("agree on every byte, and so do their bodies here", () => {
    expect(load("second")).toEqual(load("first"));
    const first = judge(enveloped(load("first")));
    expect(first.status).toBe("digest");
    expect(judge(enveloped(load("second")))).toEqual(first);
  });
});

describe("a tag", () => {
  it("comes out of its envelope as it went in", () => {
    const tags = fc.stringMatching(new RegExp(`^[!-~]{0,${TURBO_TAG_LENGTH_MAX}}$`));
    fc.assert(
      fc.property(tags, (tag) => {
        const envelope = writeTurboEnvelope(tag)!;
        expect(envelope.length).toBe(TURBO_ENVELOPE_BYTES);
        expect(readTurboEnvelope(envelope)).toBe(tag);
      }),
    );
  });

  it.each([
    ["too long", "x".repeat(TURBO_TAG_LENGTH_MAX + 1)],
    ["with a space", "a b"],
    ["that would be a header of its own", "a\r\nx: y"],
    ["of other letters", "ä"],
  ])("%s has none", (_what, tag) => {
    expect(writeTurboEnvelope(tag)).toBeUndefined();
  });
});

describe("a body that is no artifact", () => {
  const good = enveloped(load("first"));
  it.each([
    ["nothing", new Uint8Array(0)],
    ["an envelope only", good.subarray(0, TURBO_ENVELOPE_BYTES)],
    ["an archive without one", load("first")],
    ["no archive in it", enveloped(new Uint8Array(100))],
    ["a tag that is longer than it says", changed(good, 8, 3)],
    ["a tag beyond the envelope", changed(good, 8, 255)],
    ["a later version", changed(good, 7, 2)],
  ])("%s is refused", (_what, body) => {
    expect(judge(body).status).toBe("refused");
  });

  it("with any byte changed is another one, or none", () => {
    const honest = judge(good);
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        expect(judge(changed(good, at, good[at]! ^ flip))).not.toEqual(honest);
      }),
    );
  });
});

function changed(body: Uint8Array, at: number, value: number): Uint8Array {
  const copy = body.slice();
  copy[at] = value;
  return copy;
}
