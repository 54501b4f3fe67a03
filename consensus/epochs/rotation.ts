import { concatBytes } from "../../base/bytes.ts";
import type { Epoch, Hash, PublicKey } from "../../base/types.ts";
import { DOMAIN, signingBytes } from "../signing.ts";

/**
 * What a key signs that takes another one's place as a writer: whose, and in which cluster and epoch.
 * That other key signs the order itself, so nobody is given a key that he does not hold, and nobody
 * loses one that he does.
 */
export function rotationBytes(
  clusterId: Hash,
  epoch: Epoch,
  keys: { readonly predecessor: PublicKey; readonly successor: PublicKey },
): Uint8Array {
  const body = concatBytes(keys.predecessor, keys.successor);
  return signingBytes(DOMAIN.rotation, clusterId, epoch, body);
}
