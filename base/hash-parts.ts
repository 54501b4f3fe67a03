import type { Hash } from "./types.ts";

/** What a kept buffer may grow to: a batch of some of the largest write sets. */
const KEPT_BYTES_MAX = 1024 * 1024;

/** Up to here inputs have a view of their own onto the kept buffer: most are keys, nodes and rows. */
const VIEWED_BYTES_MAX = 512;

// A hash is computed in one go, and nothing keeps its input: one buffer does for all.
let kept = new Uint8Array(1024);
// By length. A new view for each hash took an eighth of the whole call.
const views: Uint8Array[] = [];

/** The hash of these parts one after the other, without a new byte string for each. */
export function hashParts(
  hash: (bytes: Uint8Array) => Hash,
  tag: Uint8Array,
  first: Uint8Array,
  second?: Uint8Array,
): Hash {
  const secondAt = tag.length + first.length;
  const size = secondAt + (second?.length ?? 0);
  const input = inputOf(size);
  input.set(tag);
  input.set(first, tag.length);
  if (second !== undefined) input.set(second, secondAt);
  return hash(input);
}

function inputOf(size: number): Uint8Array {
  if (size <= VIEWED_BYTES_MAX) {
    const view = views[size] ?? kept.subarray(0, size);
    views[size] = view;
    return view;
  }
  if (size > KEPT_BYTES_MAX) return new Uint8Array(size);
  // The views onto the one before stay good: nothing is read from them but what was just written.
  if (size > kept.length) kept = new Uint8Array(Math.min(KEPT_BYTES_MAX, 2 * size));
  return kept.subarray(0, size);
}
