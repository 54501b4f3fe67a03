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

/** Undefined: it was refused. */
function attempt(read: () => Uint8Array): Uint8Array | undefined {
  try {
    return read();
  } catch (error) {
    expect((error as Error).name).toBe("Malformed");
    return undefined;
  }
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

  it("that is damaged is refused, or is another way to write the same; never other bytes", () => {
    const plain = text.subarray(0, 5000);
    const packed = gzipSync(plain);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: packed.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, flip) => {
          // Bytes 8 and 9 tell how and where it was compressed, and nothing of the content.
          fc.pre(at !== 8 && at !== 9);
          const changed = new Uint8Array(packed);
          changed[at] = changed[at]! ^ flip;
          // One change in twelve thousand names another distance with the same bytes at it.
          const read = attempt(() => gunzip(changed));
          if (read !== undefined) expect(Buffer.compare(read, plain)).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
    const wrongSum = new Uint8Array(packed);
    wrongSum[packed.length - 8]! ^= 1;
    expect(() => gunzip(wrongSum)).toThrow("the checksum does not hold");
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
