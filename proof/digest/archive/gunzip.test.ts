import { randomBytes } from "node:crypto";
import { deflateRawSync, gzipSync, constants } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../../base/bytes.ts";
import { Gunzip } from "./gunzip.ts";
import { Inflate } from "./inflate.ts";

function gunzip(bytes: Uint8Array, pieceSize = bytes.length): Uint8Array {
  const parts: Uint8Array[] = [];
  const reader = new Gunzip((piece) => parts.push(piece.slice()));
  for (let at = 0; at < bytes.length; at += pieceSize)
    reader.push(bytes.subarray(at, at + pieceSize));
  reader.finish();
  return concatBytes(...parts);
}

const STRATEGIES: readonly (readonly [string, object])[] = [
  ["stored blocks", { level: 0 }],
  ["fast codes", { level: 1 }],
  ["the best codes", { level: 9 }],
  ["fixed codes", { strategy: constants.Z_FIXED }],
  ["literals only", { strategy: constants.Z_HUFFMAN_ONLY }],
  ["runs", { strategy: constants.Z_RLE }],
];

const text = new TextEncoder().encode(
  Array.from({ length: 20_000 }, (_, line) => `line ${line * line} of a log\n`).join(""),
);
const mixed = concatBytes(text, randomBytes(150_000), new Uint8Array(90_000), text);

describe.each(STRATEGIES)("what zlib wrote with %s", (_name, options) => {
  it.each([
    ["nothing", new Uint8Array(0)],
    ["one byte", Uint8Array.of(7)],
    ["text", text],
    ["text, noise and zeros", mixed],
  ])("%s comes out as it went in", (_what, bytes) => {
    expect(Buffer.compare(gunzip(gzipSync(bytes, options)), bytes)).toBe(0);
  });

  it("is the same in pieces of any size", () => {
    const packed = gzipSync(mixed.subarray(300_000, 700_000), options);
    for (const size of [13, 577, 65_536]) {
      expect(gunzip(packed, size).length).toBe(400_000);
    }
  });
});

describe("a compressed body, any input", () => {
  it("comes out as it went in", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 4000 }),
        fc.integer({ min: 1, max: 50 }),
        (bytes, n) => {
          expect(Buffer.compare(gunzip(gzipSync(bytes), n), bytes)).toBe(0);
        },
      ),
    );
  });

  it("that is damaged is refused or, never, other bytes", () => {
    const packed = gzipSync(text.subarray(0, 5000));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: packed.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          // Bytes 8 and 9 tell how and where it was compressed, and nothing of the content.
          fc.pre(at !== 8 && at !== 9);
          const changed = new Uint8Array(packed);
          changed[at] = changed[at]! ^ flip;
          expect(() => gunzip(changed)).toThrow();
        },
      ),
      { numRuns: 500 },
    );
  });

  it("that is garbage is refused, never a hang", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const inflate = new Inflate(() => undefined);
        try {
          inflate.push(bytes, true);
          expect(inflate.isDone).toBe(true);
        } catch (error) {
          expect((error as Error).name).toBe("Malformed");
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a gzip member that is not plain", () => {
  const packed = new Uint8Array(gzipSync(text));
  const named = packed.slice();
  named[3] = 8;
  const dated = packed.slice();
  dated[4] = 1;
  it.each([
    ["cut off", packed.slice(0, -1), /end/],
    ["cut off early", packed.slice(0, 300), /cut off/],
    ["nothing but a head", packed.slice(0, 9), /cut off/],
    ["named", named, /plain/],
    ["dated", dated, /plain/],
    ["followed by another member", concatBytes(packed, packed), /end/],
    ["followed by a byte", concatBytes(packed, Uint8Array.of(0)), /end/],
    ["not gzip", deflateRawSync(text), /plain/],
    ["a bomb", gzipSync(new Uint8Array(30_000_000)), /expands/],
  ])("%s", (_what, bytes, why) => {
    expect(() => gunzip(bytes, 1000)).toThrow(why);
  });
});
