import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { signingKey } from "../../../base/host/signing-key.ts";
import { utf8 } from "../../../base/bytes.ts";
import type { Cryptography } from "./crypto-table.ts";

/** Ed25519 and SHA-256 as replicas have them: for a few seeds in a hundred. */
export function realCryptography(): Cryptography {
  return {
    crypto: nodeCrypto,
    real: true,
    signerOf: (name) => {
      const key = signingKey(nodeCrypto.hash(utf8(`simulated ${name}`)));
      const sign = (message: Uint8Array): ReturnType<typeof key.sign> => key.sign(message);
      return { publicKey: key.publicKey, sign, signAnew: sign };
    },
  };
}
