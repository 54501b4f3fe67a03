import { randomBytes } from "node:crypto";
import { brotliCompressSync, constants } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  looksPacked,
  packBytes,
  PACKED_BYTES_MIN,
  PACKED_PLAIN_BYTES_MAX,
  PACKED_SHARE_MAX,
  unpackBytes,
  unpackBytesNow,
} from "./packed-bytes.ts";

const MIB = 1024 * 1024;
const text = (size: number): Uint8Array => Buffer.alloc(size, "export const answer = 42;\n");

describe("packed bytes", () => {
  it("are what was packed, for any bytes", async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(5000)).map(([unit, size]) => {
        return new Uint8Array(Buffer.alloc(size, Buffer.from(unit)));
      }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (plain) => {
        const packed = await packBytes(plain);
        if (packed === undefined) return;
        expect(packed.length).toBeLessThanOrEqual(plain.length * PACKED_SHARE_MAX);
        expect(Buffer.compare((await unpackBytes(packed, plain.length))!, plain)).toBe(0);
        expect(Buffer.compare(unpackBytesNow(packed, plain.length)!, plain)).toBe(0);
      }),
    );
  });

  it.each([
    ["text of 1 MiB", text(MIB), true],
    ["as few bytes as are packed", text(PACKED_BYTES_MIN), true],
    ["fewer", text(PACKED_BYTES_MIN - 1), false],
    ["as many as are packed", text(PACKED_PLAIN_BYTES_MAX), true],
    ["more", text(PACKED_PLAIN_BYTES_MAX + 1), false],
    ["noise", randomBytes(MIB), false],
    ["few bytes of noise", randomBytes(1000), false],
    ["what is packed already", brotliCompressSync(randomBytes(300_000)), false],
    ["noise in base64", Buffer.from(randomBytes(300_000).toString("base64")), true],
  ])("are made of %s", async (_what, plain, helps) => {
    expect((await packBytes(plain)) !== undefined).toBe(helps);
  });

  it("become nothing but the size that is known: a bomb is refused", async () => {
    const params = { [constants.BROTLI_PARAM_QUALITY]: 1 };
    const bomb = brotliCompressSync(Buffer.alloc(64 * MIB), { params });
    expect(bomb.length).toBeLessThan(MIB / 50);
    for (const size of [PACKED_BYTES_MIN, 10_000, PACKED_PLAIN_BYTES_MAX]) {
      expect(await unpackBytes(bomb, size)).toBeUndefined();
      expect(unpackBytesNow(bomb, size)).toBeUndefined();
    }
    // Nor is a size believed that no packed bytes have.
    expect(await unpackBytes(bomb, 64 * MIB)).toBeUndefined();
    expect(unpackBytesNow(bomb, 64 * MIB)).toBeUndefined();
  });

  it("that are damaged, cut short or fewer than announced are none", async () => {
    const packed = (await packBytes(text(10_000)))!;
    for (const [bytes, size] of [
      [packed.subarray(0, packed.length - 1), 10_000],
      [packed, 9_999],
      [packed, 10_001],
      [packed.map((byte) => byte ^ 0xff), 10_000],
      [new Uint8Array(0), 10_000],
    ] as const) {
      expect(await unpackBytes(bytes, size)).toBeUndefined();
      expect(unpackBytesNow(bytes, size)).toBeUndefined();
    }
  });

  it("are told from others by a sample", () => {
    expect(looksPacked(randomBytes(10_000))).toBe(true);
    expect(looksPacked(randomBytes(5 * MIB))).toBe(true);
    expect(looksPacked(text(5 * MIB))).toBe(false);
    expect(looksPacked(new Uint8Array(0))).toBe(false);
  });
});
