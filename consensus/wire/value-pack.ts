import { concatBytes, uint32Bytes } from "../../base/bytes.ts";
import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import { WRITE_SET_COUNT_MAX } from "../limits.ts";

/**
 * Small values that are uploaded together, one after another: digest, size (4 bytes), bytes. A
 * write set of theorems has 256 values of some kilobytes, and a request for each costs a replica
 * many times what the bytes do.
 */
export interface PackedValue {
  readonly digest: Hash;
  readonly bytes: Uint8Array;
}

/** One request's body, which a replica holds whole. */
export const VALUE_PACK_BYTES_MAX: number = 1024 * 1024;

/** Larger ones go alone: what a request costs is little beside them. */
export const PACKED_VALUE_BYTES_MAX: number = 64 * 1024;

/** Digest and size. */
export const PACKED_VALUE_HEAD_SIZE: number = HASH_SIZE + 4;

export function encodeValuePack(values: readonly PackedValue[]): Uint8Array {
  return concatBytes(
    ...values.flatMap(({ digest, bytes }) => [digest, uint32Bytes(bytes.length), bytes]),
  );
}

/**
 * Views, not copies. Undefined: it is none, or of more values than a write set has. What the bytes
 * hash to is still to be seen.
 */
export function decodeValuePack(pack: Uint8Array): readonly PackedValue[] | undefined {
  const view = new DataView(pack.buffer, pack.byteOffset, pack.length);
  const values: PackedValue[] = [];
  for (let at = 0; at < pack.length;) {
    const start = at + PACKED_VALUE_HEAD_SIZE;
    if (start > pack.length || values.length === WRITE_SET_COUNT_MAX) return undefined;
    const size = view.getUint32(at + HASH_SIZE);
    if (size > PACKED_VALUE_BYTES_MAX || size > pack.length - start) return undefined;
    const digest = pack.slice(at, at + HASH_SIZE) as Hash;
    values.push({ digest, bytes: pack.subarray(start, start + size) });
    at = start + size;
  }
  return values;
}
