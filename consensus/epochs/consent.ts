import { concatBytes, uint32Bytes, utf8 } from "../../base/bytes.ts";
import type { Epoch, Hash } from "../../base/types.ts";
import type { Member } from "../committee.ts";
import { DOMAIN, signingBytes } from "../signing.ts";

/**
 * What a new member's key signs: that it joins this very configuration. It shows that somebody
 * holds the key, so nobody can be made a member, nor a quorum be diluted, with a stranger's or an
 * invented key; and it fits one epoch of one cluster.
 */
export function membershipBytes(
  clusterId: Hash,
  next: {
    readonly epoch: Epoch;
    readonly members: readonly Member[];
    readonly faultyMax: number;
  },
): Uint8Array {
  const members = next.members.map(({ publicKey, address }) => {
    const text = utf8(address);
    return concatBytes(publicKey, uint32Bytes(text.length), text);
  });
  const body = concatBytes(
    uint32Bytes(next.members.length),
    ...members,
    uint32Bytes(next.faultyMax),
  );
  return signingBytes(DOMAIN.membership, clusterId, next.epoch, body);
}
