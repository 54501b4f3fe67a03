import { concatBytes, uint32Bytes, uint64Bytes, utf8 } from "../base/bytes.ts";
import type { Epoch, Hash } from "../base/types.ts";

/**
 * What a signature covers: domain tag, cluster id, epoch, what kind of thing it is, and the body
 * exactly as sent. Two kinds never share a domain, so no signature can be replayed as another's.
 */
export const DOMAIN = {
  votePack: 1,
  statement: 2,
  heartbeat: 3,
  viewChange: 4,
  newView: 5,
  writeSet: 6,
  peerHello: 7,
  membership: 8,
  suspicion: 9,
  rotation: 10,
  resume: 11,
} as const;

export type Domain = (typeof DOMAIN)[keyof typeof DOMAIN];

const TAG = utf8("quorate/1\0");

export function signingBytes(
  domain: Domain,
  clusterId: Hash,
  epoch: Epoch,
  body: Uint8Array,
): Uint8Array {
  return concatBytes(TAG, clusterId, uint64Bytes(epoch), uint32Bytes(domain), body);
}
