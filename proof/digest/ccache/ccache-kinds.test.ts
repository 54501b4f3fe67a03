import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, toHex } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import type { ArtifactKind, DigestResult, StartHash } from "../artifact-kind.ts";
import { kindOfBody, semanticDigest } from "../registry.ts";
import { Xxh3128 } from "../xxh3/xxh3-128.ts";
import { ccacheManifest1, ccacheResult1 } from "./ccache-kinds.ts";

const BODIES = new URL("./testdata/", import.meta.url);
const NAMES = readdirSync(BODIES)
  .filter((file) => file.endsWith(".first-build.bin"))
  .map((file) => file.replace(".first-build.bin", ""));

const startHash: StartHash = () => {
  const hash = createHash("sha256");
  return {
    update: (chunk) => void hash.update(chunk),
    finish: () => new Uint8Array(hash.digest()) as Hash,
  };
};

function load(name: string, build: "first" | "second"): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`${name}.${build}-build.bin`, BODIES)));
}

function rewrite(kind: ArtifactKind, body: Uint8Array, pieceSize = body.length): Uint8Array {
  const rewriter = kind.startRewrite!();
  const parts: Uint8Array[] = [];
  for (let start = 0; start < body.length; start += pieceSize) {
    parts.push(rewriter.update(body.slice(start, start + pieceSize)).slice());
  }
  return concatBytes(...parts, rewriter.finish());
}

function reason(result: DigestResult): string {
  return result.status === "refused" ? result.reason : "accepted";
}

/** What an attacker who may write any byte can do: the checksum is no secret. */
function reseal(body: Uint8Array): Uint8Array {
  const hash = new Xxh3128();
  hash.update(body.subarray(0, -16));
  body.set(hash.finish(), body.length - 16);
  return body;
}

describe.each(NAMES)("%s: two honest cold builds", (name) => {
  const first = load(name, "first");
  const second = load(name, "second");
  const kind = kindOfBody(first);

  it("is told apart by its first bytes", () => {
    expect(kind).toBe(name.startsWith("result") ? ccacheResult1 : ccacheManifest1);
    expect(kind.mutability).toBe(name.startsWith("result") ? "immutable" : "versioned");
  });

  it("differs in bytes and agrees in meaning", () => {
    expect(first).not.toEqual(second);
    expect(semanticDigest(startHash, kind, first)).toEqual(semanticDigest(startHash, kind, second));
  });

  it("is the same bytes once rewritten, with a checksum that ccache accepts", () => {
    const rewritten = rewrite(kind, first);
    expect(rewritten).toEqual(rewrite(kind, second));
    expect(rewritten.slice(7, 15)).toEqual(new Uint8Array(8));
    expect(reseal(rewritten.slice())).toEqual(rewritten);
    expect(semanticDigest(startHash, kind, rewritten)).toEqual(
      semanticDigest(startHash, kind, first),
    );
    expect(rewrite(kind, rewritten)).toEqual(rewritten);
  });
});

describe("a body that is no member of its kind", () => {
  const result = load("result-plain-short", "first");
  const refusals: readonly (readonly [string, Uint8Array, ArtifactKind, RegExp])[] = [
    ["empty", new Uint8Array(0), ccacheResult1, /type/],
    ["of another type", result, ccacheManifest1, /type/],
    ["cut inside the header", result.slice(0, 14), ccacheResult1, /cut off/],
    ["cut inside a text", result.slice(0, 18), ccacheResult1, /cut off/],
    ["header and nothing else", result.slice(0, 31), ccacheResult1, /shorter/],
    ["cut inside the payload", result.slice(0, -20), ccacheResult1, /size/],
    ["longer than stated", concatBytes(result, Uint8Array.of(0)), ccacheResult1, /size/],
    ["of unknown compression", withByte(result, 4, 7), ccacheResult1, /compression/],
    ["with a broken flag", withByte(result, 6, 2), ccacheResult1, /flag/],
    ["with a broken checksum", withByte(result, 200, 0xff), ccacheResult1, /checksum/],
  ];

  it.each(refusals)("%s", (_what, body, kind, why) => {
    expect(reason(semanticDigest(startHash, kind, body))).toMatch(why);
  });
});

function withByte(body: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = body.slice();
  copy[offset] = copy[offset] === value ? value ^ 1 : value;
  return copy;
}

describe("ccache kinds, any input", () => {
  const body = load("result-zstd-short", "first");
  const honest = semanticDigest(startHash, ccacheResult1, body);

  it("a changed byte outside creation time and checksum is another digest or a refusal", () => {
    fc.assert(
      fc.property(fc.nat(body.length - 17), fc.integer({ min: 1, max: 255 }), (offset, flip) => {
        const changed = body.slice();
        changed[offset] = (changed[offset] as number) ^ flip;
        const masked = offset >= 7 && offset < 15;
        const judged = semanticDigest(startHash, ccacheResult1, reseal(changed));
        if (masked) expect(judged).toEqual(honest);
        else expect(judged).not.toEqual(honest);
      }),
      { numRuns: 300 },
    );
  });

  it("cutting the stream changes neither digest nor rewritten bytes", () => {
    const whole = toHex(rewrite(ccacheResult1, body));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), (pieceSize) => {
        const digester = ccacheResult1.startDigest(startHash);
        for (let start = 0; start < body.length; start += pieceSize) {
          const piece = body.slice(start, start + pieceSize);
          digester.update(piece);
          piece.fill(0xee);
        }
        expect(digester.finish()).toEqual(honest);
        expect(toHex(rewrite(ccacheResult1, body, pieceSize))).toBe(whole);
      }),
    );
  });

  it("garbage is refused, never a crash, and keeps its size when rewritten", () => {
    const magic = Uint8Array.of(0xcc, 0xac, 1, 0);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (bytes, prefixed) => {
        const garbage = prefixed ? concatBytes(magic, bytes) : bytes;
        expect(semanticDigest(startHash, ccacheResult1, garbage).status).toBe("refused");
        expect(rewrite(ccacheResult1, garbage, 97)).toHaveLength(garbage.length);
      }),
    );
  });
});
