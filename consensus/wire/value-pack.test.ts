import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { WRITE_SET_COUNT_MAX } from "../limits.ts";
import { PACKED_VALUE_BYTES_MAX, decodeValuePack, encodeValuePack } from "./value-pack.ts";
import type { PackedValue } from "./value-pack.ts";

const values = fc.array(
  fc.record({
    digest: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    bytes: fc.uint8Array({ maxLength: 40 }),
  }),
  { maxLength: 8 },
) as fc.Arbitrary<PackedValue[]>;

const shown = (list: readonly PackedValue[] | undefined) =>
  list?.map(({ digest, bytes }) => [toHex(digest), toHex(bytes)]);

describe("a pack of values", () => {
  it("comes back as it was written", () => {
    fc.assert(
      fc.property(values, (list) => {
        expect(shown(decodeValuePack(encodeValuePack(list)))).toEqual(shown(list));
      }),
    );
  });

  it("that is cut is fewer whole values, or none", () => {
    fc.assert(
      fc.property(values, fc.nat(), (list, at) => {
        const pack = encodeValuePack(list);
        const cut = decodeValuePack(pack.subarray(0, at % (pack.length + 1)));
        if (cut !== undefined) expect(shown(cut)).toEqual(shown(list.slice(0, cut.length)));
      }),
    );
  });

  it("has no more values than a write set", () => {
    const one = { digest: new Uint8Array(32) as Hash, bytes: new Uint8Array(0) };
    const full = Array.from({ length: WRITE_SET_COUNT_MAX }, () => one);
    expect(decodeValuePack(encodeValuePack(full))).toHaveLength(WRITE_SET_COUNT_MAX);
    expect(decodeValuePack(encodeValuePack([...full, one]))).toBeUndefined();
  });

  it("has no value larger than one may be, whatever its size claims", () => {
    const digest = new Uint8Array(32) as Hash;
    const largest = encodeValuePack([{ digest, bytes: new Uint8Array(PACKED_VALUE_BYTES_MAX) }]);
    expect(decodeValuePack(largest)).toHaveLength(1);
    const larger = encodeValuePack([{ digest, bytes: new Uint8Array(PACKED_VALUE_BYTES_MAX + 1) }]);
    expect(decodeValuePack(larger)).toBeUndefined();
    largest.fill(0xff, 32, 36);
    expect(decodeValuePack(largest)).toBeUndefined();
  });
});
