import { concatBytes, uint32Bytes, uint64Bytes, utf8 } from "../base/bytes.ts";
import type { Epoch, Hash, Hlc, PublicKey } from "../base/types.ts";
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

/** What `cluster.json` says, but for the id that follows from it. */
export interface GenesisContent {
  readonly name: string;
  /** In the order of their indexes. */
  readonly members: readonly Member[];
  readonly faultyMax: number;
  /** Ascending public keys. */
  readonly writers: readonly GenesisWriter[];
  /** Ascending names. A namespace that is not listed confirms with one operator. */
  readonly namespaces: readonly GenesisNamespace[];
  readonly time: Hlc;
}

/** All that a client trusts. */
export interface Genesis extends GenesisContent {
  /** Hash of the canonical bytes: a different policy or committee is a different cluster. */
  readonly clusterId: Hash;
}

const TAG = utf8("quorate/genesis/1\0");

/** One encoding of one content: every text and list bears its length, and lists are in order. */
export function genesisBytes(genesis: GenesisContent): Uint8Array {
  const member = ({ publicKey, address }: Member): Uint8Array =>
    concatBytes(publicKey, sized(utf8(address)));
  const writer = (each: GenesisWriter): Uint8Array =>
    concatBytes(
      each.publicKey,
      sized(utf8(each.operator)),
      listed(each.namespaces, (namespace) => sized(utf8(namespace))),
      Uint8Array.of(each.administrator ? 1 : 0),
    );
  const namespace = (each: GenesisNamespace): Uint8Array =>
    concatBytes(sized(utf8(each.namespace)), uint32Bytes(each.confirmations));
  return concatBytes(
    TAG,
    sized(utf8(genesis.name)),
    listed(genesis.members, member),
    uint32Bytes(genesis.faultyMax),
    listed(genesis.writers, writer),
    listed(genesis.namespaces, namespace),
    uint64Bytes(genesis.time),
  );
}

export function genesisOf(hash: (bytes: Uint8Array) => Hash, content: GenesisContent): Genesis {
  return { ...content, clusterId: hash(genesisBytes(content)) };
}

/** The configuration of epoch 0. */
export function genesisCommittee(genesis: Genesis): Committee {
  const { clusterId, members, faultyMax } = genesis;
  return { clusterId, epoch: 0 as Epoch, members, faultyMax };
}

function sized(bytes: Uint8Array): Uint8Array {
  return concatBytes(uint32Bytes(bytes.length), bytes);
}

function listed<T>(items: readonly T[], encode: (item: T) => Uint8Array): Uint8Array {
  return concatBytes(uint32Bytes(items.length), ...items.map(encode));
}
