import { concatBytes, equalBytes, utf8 } from "../../../base/bytes.ts";
import type { PublicKey, Signature } from "../../../base/types.ts";
import type { Crypto } from "../../../consensus/crypto.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { tableHash } from "./table-hash.ts";

/** Whoever holds it can sign, and nobody else can. */
export interface Signer {
  readonly publicKey: PublicKey;
  readonly sign: (message: Uint8Array) => Signature;
  /** Another valid signature of the same message where the scheme has one. */
  readonly signAnew: (message: Uint8Array) => Signature;
}

/** The primitives of one run, and where its keys come from. */
export interface Cryptography {
  readonly crypto: Crypto;
  readonly signerOf: (name: string) => Signer;
  /** Ed25519 and SHA-256, or a table. */
  readonly real: boolean;
}

/**
 * Signatures as entries of a table: a token that follows from a key's secret and the message. The
 * secret never leaves this closure, so who was not handed the signer cannot make its tokens.
 */
export function tableCryptography(): Cryptography {
  const secrets = new Map<string, Uint8Array>();
  const signerOf = (name: string): Signer => {
    const secret = tableHash(utf8(`secret of ${name}`));
    const publicKey = tableHash(concatBytes(utf8("public"), secret)) as Uint8Array as PublicKey;
    secrets.set(keyText(publicKey), secret);
    return {
      publicKey,
      sign: (message) => seal(secret, 0, message),
      signAnew: (message) => seal(secret, 1, message),
    };
  };
  const verify: Crypto["verify"] = (key, message, signature) => {
    const secret = secrets.get(keyText(key));
    if (secret === undefined || signature.length !== 64) return false;
    const variant = signature[63] as number;
    return variant <= 1 && equalBytes(seal(secret, variant, message), signature);
  };
  return { crypto: { hash: tableHash, verify }, signerOf, real: false };
}

function seal(secret: Uint8Array, variant: number, message: Uint8Array): Signature {
  const half = tableHash(message);
  for (let index = 0; index < 32; index++) {
    half[index] = (half[index] as number) ^ (secret[index] as number);
  }
  const signature = new Uint8Array(64);
  signature.set(tableHash(half));
  signature[63] = variant;
  return signature as Signature;
}
