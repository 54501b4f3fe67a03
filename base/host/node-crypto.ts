import { createPublicKey, hash as hashOf, verify as verifySignature } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { HASH_SIZE, PUBLIC_KEY_SIZE, SIGNATURE_SIZE } from "../types.ts";
import type { Hash, PublicKey, Signature } from "../types.ts";
import type { Crypto } from "../../consensus/crypto.ts";
import { isCanonicalPoint, isCanonicalScalar } from "./canonical-encoding.ts";

/**
 * The primitives of `consensus/crypto.ts` over OpenSSL, for replicas and clients.
 *
 * One signature rule everywhere (R15): RFC 8032 with the cofactorless equation, canonical
 * encodings, S < L. OpenSSL gives the equation; what it has left open over its versions is decided
 * here before it is asked, so that a newer library cannot split a cluster.
 */
export const nodeCrypto: Crypto = { hash: sha256, verify };

/**
 * Public keys kept as OpenSSL objects: importing one costs more than half a verification. Members
 * and active writers fit; a stranger who brings many keys only pushes out the least used.
 */
const KEY_COUNT_MAX = 4096;

/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 §4). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** In order of last use: a Map iterates in the order of insertion. */
const keys = new Map<string, KeyObject>();

/**
 * A plain array of its own 32 bytes: a Buffer's `slice` would alias where others copy. Asked for as
 * text of one unit a byte, which takes half as long as asking for a Buffer and copying it.
 */
function sha256(bytes: Uint8Array): Hash {
  const text = hashOf("sha256", bytes, "binary");
  const digest = new Uint8Array(HASH_SIZE);
  for (let index = 0; index < HASH_SIZE; index++) digest[index] = text.charCodeAt(index);
  return digest as Hash;
}

function verify(key: PublicKey, message: Uint8Array, signature: Signature): boolean {
  if (key.length !== PUBLIC_KEY_SIZE || signature.length !== SIGNATURE_SIZE) return false;
  if (!isCanonicalScalar(signature.subarray(32))) return false;
  if (!isCanonicalPoint(signature.subarray(0, 32)) || !isCanonicalPoint(key)) return false;
  try {
    return verifySignature(null, message, keyObject(key), signature);
  } catch {
    // Bytes that are no point: refused like any other bad signature.
    return false;
  }
}

function keyObject(key: PublicKey): KeyObject {
  const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
  let object = keys.get(name);
  if (object === undefined) {
    object = createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, key]),
      format: "der",
      type: "spki",
    });
    if (keys.size >= KEY_COUNT_MAX) keys.delete(keys.keys().next().value ?? name);
  } else {
    keys.delete(name);
  }
  keys.set(name, object);
  return object;
}
