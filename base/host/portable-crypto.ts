import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import type { Crypto } from "../../consensus/crypto.ts";
import { concatBytes, equalBytes } from "../bytes.ts";
import { PUBLIC_KEY_SIZE, SIGNATURE_SIZE } from "../types.ts";
import type { Hash, PublicKey, Signature } from "../types.ts";
import { isCanonicalPoint, isCanonicalScalar } from "./canonical-encoding.ts";

/**
 * The primitives of `consensus/crypto.ts` in plain JavaScript, for browsers and as the second
 * opinion in tests; it names nothing of Node's. Twelve times slower than OpenSSL.
 *
 * noble's own `verify` accepts, in both of its modes, signatures that OpenSSL refuses. So the one
 * rule is spelled out on noble's points: canonical encodings, S < L, and encode(S·B − h·A) = R, the
 * cofactorless equation (R15).
 */
export const portableCrypto: Crypto = { hash: (bytes) => sha256(bytes) as Hash, verify };

const { Point } = ed25519;

function verify(key: PublicKey, message: Uint8Array, signature: Signature): boolean {
  if (key.length !== PUBLIC_KEY_SIZE || signature.length !== SIGNATURE_SIZE) return false;
  const encodedR = signature.subarray(0, 32);
  if (!isCanonicalScalar(signature.subarray(32))) return false;
  if (!isCanonicalPoint(encodedR) || !isCanonicalPoint(key)) return false;
  try {
    const point = Point.fromBytes(key);
    const h = littleEndian(sha512(concatBytes(encodedR, key, message))) % Point.Fn.ORDER;
    const s = littleEndian(signature.subarray(32));
    // The table of multiples of B has no place for 0.
    const left = s === 0n ? Point.ZERO : Point.BASE.multiply(s);
    return equalBytes(left.subtract(point.multiplyUnsafe(h)).toBytes(), encodedR);
  } catch {
    // Bytes that are no point: refused like any other bad signature.
    return false;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--) {
    value = (value << 8n) | BigInt(bytes[index] ?? 0);
  }
  return value;
}
