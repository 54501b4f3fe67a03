import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromHex,
  fromUtf8,
  readUint64,
  toHex,
  uint32Bytes,
  uint64Bytes,
  utf8,
} from "./bytes.ts";

describe("hex", () => {
  it("goes there and back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(toHex(bytes)).toBe(Buffer.from(bytes).toString("hex"));
      }),
    );
  });

  it.each(["a", "0g", "AB", "0x", " 0"])("refuses %j", (text) => {
    expect(fromHex(text)).toBeUndefined();
  });
});

describe("order and equality", () => {
  it("agree with Buffer's", () => {
    const short = fc.uint8Array({ maxLength: 4, max: 3 });
    fc.assert(
      fc.property(short, short, (left, right) => {
        expect(Math.sign(compareBytes(left, right))).toBe(Buffer.compare(left, right));
        expect(equalBytes(left, right)).toBe(Buffer.compare(left, right) === 0);
      }),
    );
  });
});

describe("joining", () => {
  it("keeps every byte in its order", () => {
    const parts = [Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3)];
    expect(concatBytes(...parts)).toEqual(Uint8Array.of(1, 2, 3));
  });
});

describe("integers", () => {
  it("64 bits keep every bit", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (value) => {
        expect(readUint64(uint64Bytes(value))).toBe(value);
      }),
    );
  });

  it("are big-endian, so that byte order is numeric order", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (left, right) => {
        const order = compareBytes(uint64Bytes(left), uint64Bytes(right));
        expect(Math.sign(order)).toBe(Math.sign(left - right));
      }),
    );
    expect(uint32Bytes(0x01020304)).toEqual(Uint8Array.of(1, 2, 3, 4));
  });
});

describe("text", () => {
  it("comes back, and bytes that are no text are refused", () => {
    expect(fromUtf8(utf8("zürich ✓"))).toBe("zürich ✓");
    expect(fromUtf8(Uint8Array.of(0xc3))).toBeUndefined();
    expect(fromUtf8(Uint8Array.of(0xef, 0xbb, 0xbf))).toBe("\ufeff");
  });
});
