import { hash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Prng } from "../prng.ts";
import { CHUNK_MASKS, CHUNK_SIZES, ContentChunker } from "./content-chunks.ts";
import type { ChunkSizes } from "./content-chunks.ts";

const sha256 = (bytes: Uint8Array): string => hash("sha256", bytes);
const folder = join(import.meta.dirname, "../../../shared/data/fastcdc");
const vectorsFile = join(folder, "fastcdc2020_test_vectors.txt");
const imageFile = join(folder, "SekienAkashita.jpg");

function noise(size: number, seed: number): Uint8Array {
  const random = new Prng(seed);
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let at = 0; at < words.length; at++) words[at] = random.below(2 ** 32);
  return new Uint8Array(words.buffer, 0, size);
}

function lengthsOf(bytes: Uint8Array, sizes: ChunkSizes): number[] {
  const chunker = new ContentChunker(sizes);
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; at += lengths.at(-1)!) {
    lengths.push(chunker.lengthAt(bytes, at));
  }
  return lengths;
}

describe("content-defined chunks", () => {
  const small: ChunkSizes = { min: 4096, average: 16_384, max: 65_535 };

  /** Found with code that cuts the picture of the published vectors where they say. */
  it.each([
    [
      small,
      200_000,
      [17_032, 16_675, 20_081, 18_878, 17_824, 26_221, 23_404, 20_051, 16_730, 17_193, 5911],
    ],
    [
      CHUNK_SIZES,
      4_000_000,
      [533_750, 576_881, 581_927, 375_204, 610_249, 728_329, 555_386, 38_274],
    ],
  ])("end where they ended before: %j", (sizes, size, expected) => {
    expect(lengthsOf(noise(size, 7), sizes)).toEqual(expected);
  });

  it("are within their sizes, and are the value together", () => {
    for (const sizes of [small, CHUNK_SIZES]) {
      for (const size of [0, 1, sizes.min, sizes.min + 1, sizes.max, sizes.max + 1, 5_000_001]) {
        const lengths = lengthsOf(noise(size, size), sizes);
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(size);
        for (const length of lengths) expect(length).toBeLessThanOrEqual(sizes.max);
        for (const length of lengths.slice(0, -1)) expect(length).toBeGreaterThanOrEqual(sizes.min);
      }
    }
    expect(lengthsOf(new Uint8Array(200_000), small)).toEqual([65_535, 65_535, 65_535, 3395]);
  });

  it("are but a few other ones after bytes went in or out", () => {
    const before = noise(1_000_000, 3);
    const digestsOf = (bytes: Uint8Array): Set<string> => {
      let at = 0;
      const parts = lengthsOf(bytes, small).map((length) => bytes.subarray(at, (at += length)));
      return new Set(parts.map(sha256));
    };
    const known = digestsOf(before);
    for (const [from, to, more] of [
      [500_000, 500_000, 1],
      [500_000, 500_100, 0],
      [0, 0, 5000],
    ] as const) {
      const after = Buffer.concat([before.subarray(0, from), noise(more, 9), before.subarray(to)]);
      const fresh = [...digestsOf(after)].filter((digest) => !known.has(digest));
      expect(known.size).toBeGreaterThan(40);
      expect(fresh.length).toBeLessThanOrEqual(10);
    }
  });

  it("of a size without masks are none", () => {
    expect(() => new ContentChunker({ ...small, average: 1000 })).toThrow(RangeError);
  });
});

const missing = existsSync(vectorsFile)
  ? ""
  : " skipped: ../shared/data: put the public test data beside the checkout";

describe.skipIf(missing !== "")(`the published vectors of FastCDC 2020${missing}`, () => {
  interface Vector {
    readonly seed: number;
    readonly offset: number;
    readonly length: number;
    readonly digest: string;
    readonly fingerprint: bigint;
  }

  function vectors(): Vector[] {
    let seed = 0;
    return readFileSync(vectorsFile, "utf8")
      .split("\n")
      .flatMap((line) => {
        seed = Number(/^# Seed: (\d+)/.exec(line)?.[1] ?? seed);
        const [offset, length, digest, fingerprint] = line.split("\t");
        if (line.startsWith("#") || fingerprint === undefined) return [];
        const [at, size] = [Number(offset), Number(length)];
        return [
          { seed, offset: at, length: size, digest: digest!, fingerprint: BigInt(fingerprint) },
        ];
      });
  }

  it("end where our masks let a chunk end", () => {
    const all = vectors();
    expect(all).toHaveLength(12);
    const maskOf = (bits: number): bigint => {
      const [high, low] = CHUNK_MASKS.get(bits)!;
      return (BigInt(high) << 32n) | BigInt(low);
    };
    for (const { offset, length, fingerprint } of all) {
      if (offset + length === 109_466) continue;
      // The first of two bytes is judged by the hash and the masks moved up by a bit (§3.7).
      const mask = maskOf(length < 16_384 ? 16 : 12) << (length % 2 === 0 ? 1n : 0n);
      expect(fingerprint & mask).toBe(0n);
    }
  });

  // The picture itself is not beside the vectors everywhere.
  it(`are cut out of the picture${existsSync(imageFile) ? "" : ", where it is there"}`, () => {
    const ours = vectors().filter(({ seed }) => seed === 0);
    expect(ours.reduce((sum, { length }) => sum + length, 0)).toBe(109_466);
    if (!existsSync(imageFile)) return;
    const image = readFileSync(imageFile);
    const sizes = { min: 4096, average: 16_384, max: 65_535 };
    expect(lengthsOf(image, sizes)).toEqual(ours.map(({ length }) => length));
    for (const { offset, length, digest } of ours) {
      expect(sha256(image.subarray(offset, offset + length))).toBe(digest);
    }
  });
});
