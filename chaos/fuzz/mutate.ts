import { concatBytes } from "../../base/bytes.ts";
import type { Prng } from "../../base/prng.ts";

/** Inputs beyond it are cut: what is large is slow, and bounds have tests of their own. */
export const INPUT_BYTES_MAX = 4096;

/** Bytes at which decoders turn: signs, varints' continuation, ends of ranges, JSON's own. */
const EDGES = [0, 1, 2, 8, 10, 0x1f, 0x20, 0x22, 0x2d, 0x30, 0x39, 0x5b, 0x7b, 0x7f, 0x80, 0xff];

/** Minimal, padded, 2^32, 2^53, 2^63, 2^64 − 1, and one that never ends. */
const VARINTS: readonly (readonly number[])[] = [
  [0x80, 0x00],
  [0x80, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x10],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
];

const WORDS: readonly string[] = [
  ...["null", "true", "[]", "{}", "-1", "1e999", "9007199254740993", '"__proto__"', '"\\ud800"'],
  ...["[[[[[[[[", "NaN", "0x10", "1n", "%00", "%ff", "..", "//", "\u0000", "\ufeff"],
];

type Mutation = (bytes: Uint8Array, prng: Prng, other: Uint8Array) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setEdge,
  insertVarint,
  insertWord,
  lieAboutLength,
  truncate,
  removeRange,
  repeatRange,
  swapRanges,
  splice,
  noise,
];

/** One to four changes to an input, some of them taken from another. */
export function mutate(seed: Uint8Array, other: Uint8Array, prng: Prng): Uint8Array {
  let bytes = seed;
  for (let count = 1 + prng.below(4); count > 0; count--) {
    bytes = MUTATIONS[prng.below(MUTATIONS.length)]!(bytes, prng, other);
  }
  return bytes.length > INPUT_BYTES_MAX ? bytes.slice(0, INPUT_BYTES_MAX) : bytes;
}

function flipBit(bytes: Uint8Array, prng: Prng): Uint8Array {
  const changed = bytes.slice();
  if (bytes.length > 0) changed[prng.below(bytes.length)]! ^= 1 << prng.below(8);
  return changed;
}

function setEdge(bytes: Uint8Array, prng: Prng): Uint8Array {
  const changed = bytes.slice();
  if (bytes.length > 0) changed[prng.below(bytes.length)] = EDGES[prng.below(EDGES.length)]!;
  return changed;
}

function insertVarint(bytes: Uint8Array, prng: Prng): Uint8Array {
  const at = prng.below(bytes.length + 1);
  const varint = Uint8Array.from(VARINTS[prng.below(VARINTS.length)]!);
  const skip = prng.chance(0.5) ? 1 : 0;
  return concatBytes(bytes.subarray(0, at), varint, bytes.subarray(at + skip));
}

function insertWord(bytes: Uint8Array, prng: Prng): Uint8Array {
  const at = prng.below(bytes.length + 1);
  const word = new TextEncoder().encode(WORDS[prng.below(WORDS.length)]);
  const skip = prng.chance(0.5) ? prng.below(8) : 0;
  return concatBytes(bytes.subarray(0, at), word, bytes.subarray(at + skip));
}

/** Somewhere a small number counts what follows; it is made to promise more, or less. */
function lieAboutLength(bytes: Uint8Array, prng: Prng): Uint8Array {
  const changed = bytes.slice();
  if (bytes.length === 0) return changed;
  const start = prng.below(bytes.length);
  for (let step = 0; step < bytes.length; step++) {
    const at = (start + step) % bytes.length;
    const value = changed[at]!;
    if (value === 0 || value > bytes.length - at) continue;
    changed[at] = prng.chance(0.5) ? value + 1 : prng.chance(0.5) ? value - 1 : 0x7f;
    return changed;
  }
  return changed;
}

function truncate(bytes: Uint8Array, prng: Prng): Uint8Array {
  return bytes.slice(0, prng.below(bytes.length + 1));
}

function removeRange(bytes: Uint8Array, prng: Prng): Uint8Array {
  const at = prng.below(bytes.length + 1);
  return concatBytes(bytes.subarray(0, at), bytes.subarray(at + 1 + prng.below(16)));
}

function repeatRange(bytes: Uint8Array, prng: Prng): Uint8Array {
  const at = prng.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + prng.below(32));
  return concatBytes(bytes.subarray(0, end), bytes.subarray(at));
}

function swapRanges(bytes: Uint8Array, prng: Prng): Uint8Array {
  const [left, right] = [prng.below(bytes.length + 1), prng.below(bytes.length + 1)].sort(
    (one, two) => one - two,
  ) as [number, number];
  const middle = bytes.subarray(left, right);
  return concatBytes(middle, bytes.subarray(0, left), bytes.subarray(right));
}

function splice(bytes: Uint8Array, prng: Prng, other: Uint8Array): Uint8Array {
  const head = bytes.subarray(0, prng.below(bytes.length + 1));
  return concatBytes(head, other.subarray(prng.below(other.length + 1)));
}

function noise(bytes: Uint8Array, prng: Prng): Uint8Array {
  const at = prng.below(bytes.length + 1);
  return concatBytes(bytes.subarray(0, at), prng.bytes(1 + prng.below(16)), bytes.subarray(at));
}
