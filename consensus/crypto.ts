import type { Hash, PublicKey, Signature } from "../base/types.ts";

/**
 * The primitives that agreement rests on, handed in so that this room touches nothing: replicas
 * and clients inject `node:crypto`, the browser WebCrypto's equal, the simulator a table that
 * cannot be forged. All implementations accept and refuse exactly the same signatures.
 */
export interface Crypto {
  /** SHA-256. */
  readonly hash: (bytes: Uint8Array) => Hash;
  /** RFC 8032 with the cofactorless equation, canonical encodings and S < L. Never throws. */
  readonly verify: (key: PublicKey, message: Uint8Array, signature: Signature) => boolean;
}
