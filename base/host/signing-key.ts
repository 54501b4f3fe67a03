import {
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign as signBytes,
  X509Certificate,
} from "node:crypto";
import type { PublicKey, Signature } from "../types.ts";
import { invariant } from "../assert.ts";
import { selfSigned } from "./self-signed.ts";

/** A secret key that can be used and not read: the seed stays in its KeyObject. */
export interface SigningKey {
  readonly publicKey: PublicKey;
  sign(bytes: Uint8Array): Signature;
  /** For TLS, which takes it as text. */
  tlsIdentity(): TlsIdentity;
}

/** Both in PEM. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
}

export const SEED_SIZE = 32;

/** PrivateKeyInfo of an Ed25519 seed up to its 32 bytes (RFC 8410 §7). */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

export function signingKey(seed: Uint8Array): SigningKey {
  invariant(seed.length === SEED_SIZE, "a seed has 32 bytes", { length: seed.length });
  const der = Buffer.concat([PKCS8_PREFIX, seed]);
  const secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  const publicKey = new Uint8Array(spki.subarray(-32)) as PublicKey;
  const sign = (bytes: Uint8Array): Signature =>
    new Uint8Array(signBytes(null, bytes, secret)) as Signature;
  return {
    publicKey,
    sign,
    tlsIdentity: () => ({
      key: secret.export({ format: "pem", type: "pkcs8" }).toString(),
      cert: new X509Certificate(selfSigned(publicKey, sign)).toString(),
    }),
  };
}

export function newSeed(): Uint8Array {
  return new Uint8Array(randomBytes(SEED_SIZE));
}
