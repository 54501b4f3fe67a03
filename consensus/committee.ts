import { invariant } from "../base/assert.ts";
import { REPLICA_COUNT_MIN } from "./limits.ts";
import type { Epoch, Hash, PublicKey, ReplicaIndex, View } from "../base/types.ts";

/** One certified configuration: who votes, and how many of them may lie. */
export interface Committee {
  readonly clusterId: Hash;
  readonly epoch: Epoch;
  readonly members: readonly Member[];
  /** f: a field of the configuration, never recomputed from n (R1). */
  readonly faultyMax: number;
}

export interface Member {
  readonly publicKey: PublicKey;
  /** host:port of its one listener. */
  readonly address: string;
}

/** As much of a committee as its arithmetic needs. */
export interface CommitteeSize {
  readonly members: { readonly length: number };
  readonly faultyMax: number;
}

/** Q = ⌈(n+f+1)/2⌉: any two quorums share a correct member. 2f+1 when n = 3f+1. */
export function quorumOf(committee: CommitteeSize): number {
  return Math.ceil((committee.members.length + committee.faultyMax + 1) / 2);
}

/** f+1: at least one correct member among them. */
export function weakQuorumOf(committee: Committee): number {
  return committee.faultyMax + 1;
}

/** p = v mod n (Castro–Liskov §4.1). */
export function primaryOf(committee: Committee, view: View): ReplicaIndex {
  return (view % committee.members.length) as ReplicaIndex;
}

export function memberKey(committee: Committee, index: ReplicaIndex): PublicKey | undefined {
  return committee.members[index]?.publicKey;
}

/** Genesis: ⌊(n−1)/3⌋ for n ≥ 4. */
export function faultyMaxAtGenesis(memberCount: number): number {
  invariant(memberCount >= REPLICA_COUNT_MIN, "a cluster has at least four replicas", {
    memberCount,
  });
  return Math.floor((memberCount - 1) / 3);
}
