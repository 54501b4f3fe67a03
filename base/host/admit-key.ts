import { ed25519 } from "@noble/curves/ed25519.js";
import { concatBytes, utf8 } from "../bytes.ts";
import { QuorateError } from "../quorate-error.ts";
import { PUBLIC_KEY_SIZE } from "../types.ts";
import type { PublicKey, Signature } from "../types.ts";
import { isCanonicalPoint } from "./canonical-encoding.ts";
import type { Crypto } from "../../consensus/crypto.ts";
import type { SigningKey } from "./signing-key.ts";

/**
 * A key is admitted once, by whoever lets it into a configuration or a policy; after that only
 * signatures are checked. A key with a small-order part would let its owner make signatures on
 * which verifiers differ, so none gets in (R15).
 *
 * @throws QuorateError KEY_NOT_CANONICAL, KEY_NOT_ON_CURVE, KEY_SMALL_ORDER, KEY_HAS_TORSION
 */
export function admitKey(bytes: Uint8Array): PublicKey {
  if (bytes.length !== PUBLIC_KEY_SIZE || !isCanonicalPoint(bytes)) {
    throw refusal({
      errorCode: "KEY_NOT_CANONICAL",
      what: "not the one encoding of a public key in 32 bytes",
    });
  }
  const point = pointOf(bytes);
  if (point === undefined) {
    throw refusal({ errorCode: "KEY_NOT_ON_CURVE", what: "no point has this encoding" });
  }
  if (point.isSmallOrder()) {
    throw refusal({ errorCode: "KEY_SMALL_ORDER", what: "the key's order divides 8" });
  }
  if (!point.isTorsionFree()) {
    throw refusal({ errorCode: "KEY_HAS_TORSION", what: "the key has a small-order part" });
  }
  return new Uint8Array(bytes) as PublicKey;
}

function refusal({ errorCode, what }: { errorCode: string; what: string }): QuorateError {
  return new QuorateError(errorCode, what, "make a key with `quorate key new`");
}

type Point = ReturnType<typeof ed25519.Point.fromBytes>;

function pointOf(bytes: Uint8Array): Point | undefined {
  try {
    return ed25519.Point.fromBytes(bytes);
  } catch {
    return undefined;
  }
}

/** No other signed bytes start like this: `consensus/signing.ts` starts with "quorate/1". */
const POSSESSION_TAG = utf8("quorate/possession/1\0");

/** `context` says what the key is admitted to (a cluster id): a proof is good for nothing else. */
export function provePossession(key: SigningKey, context: Uint8Array): Signature {
  return key.sign(concatBytes(POSSESSION_TAG, key.publicKey, context));
}

/** Admits a key whose owner has shown to hold its secret. @throws as {@link admitKey}, KEY_NOT_POSSESSED */
export function admitPossessedKey(
  bytes: Uint8Array,
  proof: { readonly context: Uint8Array; readonly signature: Signature },
  crypto: Crypto,
): PublicKey {
  const key = admitKey(bytes);
  const message = concatBytes(POSSESSION_TAG, key, proof.context);
  if (!crypto.verify(key, message, proof.signature)) {
    throw new QuorateError(
      "KEY_NOT_POSSESSED",
      "the proof of possession does not verify under this key and context",
      "let the key's owner sign for this cluster",
    );
  }
  return key;
}
