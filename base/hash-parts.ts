import type { Hash } from "./types.ts";

/** What a kept buffer may grow to: a batch of some of the largest write sets. */
const KEPT_BYTES_MAX = 1024 * 1024;

// A hash is computed in one go, and nothing keeps its input: one buffer does for all.
let kept = new Uint8Array(1024);

/** The hash of these parts one after the other, without a new byte string for each. */
export function hashParts(
  hash: (bytes: Uint8Array) => Hash,
  tag: Uint8Array,
  first: Uint8Array,
  second?: Uint8Array,
): Hash {
  const secondAt = tag.length + first.length;
  const size = secondAt + (second?.length ?? 0);
  const input = bufferOf(size);
  input.set(tag);
  input.set(first, tag.length);
  if (second !== undefined) input.set(second, secondAt);
  return hash(input.subarray(0, size));
}

function bufferOf(size: number): Uint8Array {
  if (size <= kept.length) return kept;
  if (size > KEPT_BYTES_MAX) return new Uint8Array(size);
  kept = new Uint8Array(Math.min(KEPT_BYTES_MAX, 2 * size));
  return kept;
}
