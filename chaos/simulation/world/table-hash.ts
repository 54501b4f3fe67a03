import type { Hash } from "../../../base/types.ts";

/**
 * A 32-byte digest that is quick and not cryptographic: eight lanes of multiply and rotate. Nobody
 * in a simulation searches for collisions, and among the few million inputs of a run chance finds
 * none. It is also the same in a browser, where SHA-256 is not to be had synchronously.
 */
export function tableHash(bytes: Uint8Array): Hash {
  const size = bytes.length;
  let a = 0x243f6a88 ^ size;
  let b = 0x85a308d3;
  let c = 0x13198a2e;
  let d = 0x03707344;
  let at = 0;
  for (; at + 4 <= size; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    a = Math.imul(a ^ word, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b + word, 0x85ebca6b) ^ a;
    b = (b << 13) | (b >>> 19);
    c = Math.imul(c ^ (word + b), 0xc2b2ae35);
    c ^= c >>> 13;
    d = Math.imul(d + (word ^ c), 0x27d4eb2f) + a;
    d = (d << 17) | (d >>> 15);
  }
  let tail = 0;
  for (; at < size; at++) tail = (tail << 8) | (bytes[at] as number);
  return finish(a ^ tail, b + tail, c ^ Math.imul(tail, 0x165667b1), d + size);
}

function finish(a: number, b: number, c: number, d: number): Hash {
  const digest = new Uint8Array(32);
  let w = a | 0;
  let x = b | 0;
  let y = c | 0;
  let z = d | 0;
  for (let lane = 0; lane < 8; lane++) {
    w = Math.imul(w ^ (z >>> 16), 0x21f0aaad) + x;
    x = Math.imul(x ^ (w >>> 15), 0x735a2d97) + y;
    y = Math.imul(y ^ (x >>> 14), 0x85ebca6b) + z;
    z = Math.imul(z ^ (y >>> 13), 0xc2b2ae35) + w + lane;
    const word = z ^ (w >>> 11);
    digest[4 * lane] = word;
    digest[4 * lane + 1] = word >>> 8;
    digest[4 * lane + 2] = word >>> 16;
    digest[4 * lane + 3] = word >>> 24;
  }
  return digest as Hash;
}
