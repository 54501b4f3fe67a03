import { fromHex } from "../bytes.ts";

/** Which 32 bytes are the only encoding of an Ed25519 scalar or point (RFC 8032 §5.1.2, §5.1.7). */

/** L = 2^252 + 27742317777372353535851937790883648493, the order of the base point, little-endian. */
const ORDER = fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")!;

/** S < L: otherwise S + L would be a second signature that anybody can make from the first. */
export function isCanonicalScalar(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  for (let index = 31; index >= 0; index--) {
    const left = bytes[index] ?? 0;
    const right = ORDER[index] ?? 0;
    if (left !== right) return left < right;
  }
  return false;
}

/**
 * y < p = 2^255 − 19, and no sign bit where x is 0 (y = 1 and y = −1), for −0 is 0. Says nothing of
 * whether the point is on the curve.
 */
export function isCanonicalPoint(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  const low = bytes[0] ?? 0;
  const top = bytes[31] ?? 0;
  const negative = top >= 0x80;
  const middleIs = (byte: number): boolean => {
    for (let index = 1; index < 31; index++) if (bytes[index] !== byte) return false;
    return true;
  };
  if ((top & 0x7f) === 0x7f && middleIs(0xff)) {
    if (low >= 0xed) return false;
    return !(negative && low === 0xec);
  }
  if ((top & 0x7f) === 0 && low === 1 && middleIs(0)) return !negative;
  return true;
}
