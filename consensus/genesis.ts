import type { Hash, Hlc, PublicKey } from "../base/types.ts";
import type { Committee, Member } from "./committee.ts";

export interface GenesisWriter {
  readonly publicKey: PublicKey;
  readonly operator: string;
  /** "*" is everywhere. */
  readonly namespaces: readonly string[];
  readonly administrator: boolean;
}

export interface GenesisNamespace {
  readonly namespace: string;
  /** k: how many operators must agree before an entry is confirmed. */
  readonly confirmations: number;
}

/** What `cluster.json` says: all that a client trusts. */
export interface Genesis {
  readonly name: string;
  readonly members: readonly Member[];
  readonly faultyMax: number;
  /** Ascending public keys. */
  readonly writers: readonly GenesisWriter[];
  /** Ascending names. A namespace that is not listed confirms with one operator. */
  readonly namespaces: readonly GenesisNamespace[];
  readonly time: Hlc;
  /** Hash of the canonical bytes. */
  readonly clusterId: Hash;
}

/** The configuration of epoch 0. */
export function genesisCommittee(genesis: Genesis): Committee {
  return {
    clusterId: genesis.clusterId,
    epoch: 0 as Committee["epoch"],
    members: genesis.members,
    faultyMax: genesis.faultyMax,
  };
}
