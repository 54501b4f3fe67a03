import { ed25519 } from "@noble/curves/ed25519.js";
import { utf8 } from "../../base/bytes.ts";
import { portableCrypto } from "../../base/host/portable-crypto.ts";
import type { PublicKey, Signature } from "../../base/types.ts";
import type { Cryptography } from "../simulation/world/crypto-table.ts";

/**
 * What `simulation/world/crypto-real.ts` is under Node, where there is no Node: the same keys, and
 * bit by bit the same signatures, a dozen times slower.
 */
export function realCryptography(): Cryptography {
  return {
    crypto: portableCrypto,
    real: true,
    signerOf: (name) => {
      const seed = portableCrypto.hash(utf8(`simulated ${name}`));
      const publicKey = ed25519.getPublicKey(seed) as PublicKey;
      const sign = (message: Uint8Array): Signature => ed25519.sign(message, seed) as Signature;
      return { publicKey, sign, signAnew: sign };
    },
  };
}
