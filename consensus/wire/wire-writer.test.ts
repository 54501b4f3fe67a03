import fc from "fast-check";
import { expect, it } from "vitest";
import { equalBytes } from "../../base/bytes.ts";
import { WireReader } from "./wire-reader.ts";
import { WireWriter } from "./wire-writer.ts";

it("reads back every safe integer that was written, and nothing after it", () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat(), { minLength: 1 }), (values) => {
      const writer = new WireWriter();
      writer.begin();
      for (const value of values.toReversed()) writer.varint(value);
      const reader = new WireReader(writer.finish());
      for (const value of values) expect(reader.varint()).toBe(value);
      expect(reader.at).toBe(reader.end);
    }),
  );
});

it.each([0, 127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 49 - 1, 2 ** 49, Number.MAX_SAFE_INTEGER])(
  "writes %i as the textbook does",
  (value) => {
    const expected: number[] = [];
    let rest = BigInt(value);
    for (; rest > 127n; rest >>= 7n) expected.push(Number(rest & 127n) | 128);
    expected.push(Number(rest));
    const writer = new WireWriter();
    writer.begin();
    writer.varint(value);
    expect([...writer.finish()]).toEqual(expected);
  },
);

it("gives each encoding bytes of its own, small, large and larger than what it keeps", () => {
  const writer = new WireWriter();
  const sizes = [0, 1, 2047, 2048, 2049, 70_000, 3, 2_000_000, 5, 16_000, 40];
  const kept = sizes.map((size, index) => {
    writer.begin();
    writer.raw(new Uint8Array(size).fill(index + 1));
    return writer.finish();
  });
  kept.forEach((bytes, index) => {
    expect(equalBytes(bytes, new Uint8Array(sizes[index]!).fill(index + 1))).toBe(true);
  });
});

it("forgets what an encoder that threw left behind", () => {
  const writer = new WireWriter();
  writer.begin();
  writer.raw(new Uint8Array(10).fill(9));
  writer.begin();
  writer.byte(1);
  expect(writer.finish()).toEqual(Uint8Array.of(1));
});
