import { randomBytes } from "node:crypto";
import { brotliCompressSync, constants } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PACKED_STREAM_BYTES_MIN, packStream, peek, unpackStream } from "./packed-stream.ts";

const MIB = 1024 * 1024;
const text = (size: number): Uint8Array => Buffer.alloc(size, "export const answer = 42;\n");

async function* piecesOf(
  bytes: Uint8Array,
  size = 60_000,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

describe("a packed stream", () => {
  it("is what went in, in whatever pieces it comes", async () => {
    const bytes = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(50_000));
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 5000 }), async ([unit, size], piece) => {
        const plain = Buffer.alloc(size, Buffer.from(unit));
        // Each piece is a turn of another thread: a few hundred say as much as fifty thousand.
        const cut = Math.max(piece, Math.ceil(size / 500));
        const packed = await whole(packStream(piecesOf(plain, cut)));
        const found = await whole(unpackStream(piecesOf(packed, piece), size));
        expect(Buffer.compare(found, plain)).toBe(0);
      }),
      { numRuns: 15 },
    );
  });

  it("is worth it for what does not look packed already, and is long enough", async () => {
    const worth = async (bytes: Uint8Array): Promise<boolean> => {
      const { isWorthPacking, pieces } = await peek(piecesOf(bytes), bytes.length);
      expect(Buffer.compare(await whole(pieces), bytes)).toBe(0);
      return isWorthPacking;
    };
    expect(await worth(text(MIB))).toBe(true);
    expect(await worth(text(PACKED_STREAM_BYTES_MIN))).toBe(true);
    expect(await worth(text(PACKED_STREAM_BYTES_MIN - 1))).toBe(false);
    expect(await worth(randomBytes(MIB))).toBe(false);
    expect(await worth(new Uint8Array(0))).toBe(false);
  });

  it("that is a bomb ends one piece beyond the size that is known", async () => {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 1 };
    const bomb = brotliCompressSync(Buffer.alloc(64 * MIB), { params });
    const found = await whole(unpackStream(piecesOf(bomb), 1000));
    expect(found.length).toBeGreaterThan(1000);
    expect(found.length).toBeLessThan(MIB);
  });

  it("of endless packed bytes for few plain ones is refused", async () => {
    // Blocks of metadata, which unpack to nothing: 256 bytes each, behind a header of two.
    const skipped = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      const block = (...head: number[]): Buffer => Buffer.concat([Buffer.from(head), text(256)]);
      yield block(0xac, 0x7f);
      for (;;) yield Buffer.concat(Array.from({ length: 40 }, () => block(0xd6, 0x3f)));
    };
    await expect(whole(unpackStream(skipped(), 1000))).rejects.toThrow("more packed bytes");
  });

  it("that is damaged, cut short, or broke at its source is not taken for whole", async () => {
    const packed = await whole(packStream(piecesOf(text(300_000))));
    const cut = packed.subarray(0, packed.length - 3);
    await expect(whole(unpackStream(piecesOf(cut), 300_000))).rejects.toThrow();
    // Not at random: one of some thirty random texts is a whole packed one, of nothing.
    const noise = Buffer.alloc(5000, 0xff);
    await expect(whole(unpackStream(piecesOf(noise), 300_000))).rejects.toThrow();
    const broken = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield text(100_000);
      throw new Error("the disk");
    };
    await expect(whole(packStream(broken()))).rejects.toThrow("the disk");
  });

  it("lets go of its source when nobody reads on", async () => {
    let ended = false;
    const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for (;;) yield await Promise.resolve(text(MIB));
      } finally {
        ended = true;
      }
    };
    for await (const piece of packStream(source())) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => ended, { timeout: 30_000 }).toBe(true);
  });
});
