import { concatBytes, utf8 } from "../../base/bytes.ts";
import type { Epoch, Hash, PublicKey, ReplicaIndex, Sequence } from "../../base/types.ts";
import { entryHash } from "../hashing.ts";
import { MAP_KEY_SIZE } from "../limits.ts";

/**
 * Where each row of the state lives: one byte of space and 32 bytes that are a hash where the
 * writer of the row chooses the name, and a plain number where only execution counts.
 */
export const SPACE = {
  entry: 1,
  session: 2,
  writerSessions: 3,
  writer: 4,
  namespace: 5,
  revocationHead: 6,
  revocation: 7,
  history: 8,
  meta: 9,
  revokedWriter: 10,
  quarantine: 11,
  configuration: 12,
} as const;

type HashFunction = (bytes: Uint8Array) => Hash;

const SESSION_TAG = utf8("quorate/session/1\0");
const NAMESPACE_TAG = utf8("quorate/namespace/1\0");

export function entryStateKey(hash: HashFunction, namespace: string, key: Hash): Uint8Array {
  return inSpace(SPACE.entry, entryHash(hash, namespace, key));
}

export function sessionStateKey(
  hash: HashFunction,
  writer: PublicKey,
  session: Uint8Array,
): Uint8Array {
  return inSpace(SPACE.session, hash(concatBytes(SESSION_TAG, writer, session)));
}

export function writerSessionsStateKey(writer: PublicKey): Uint8Array {
  return inSpace(SPACE.writerSessions, writer);
}

export function writerStateKey(writer: PublicKey): Uint8Array {
  return inSpace(SPACE.writer, writer);
}

export function quarantineStateKey(replica: ReplicaIndex): Uint8Array {
  return numbered(SPACE.quarantine, replica);
}

export function configurationStateKey(epoch: Epoch): Uint8Array {
  return numbered(SPACE.configuration, epoch);
}

export function revokedWriterStateKey(writer: PublicKey): Uint8Array {
  return inSpace(SPACE.revokedWriter, writer);
}

export function namespaceStateKey(hash: HashFunction, namespace: string): Uint8Array {
  return inSpace(SPACE.namespace, hash(concatBytes(NAMESPACE_TAG, utf8(namespace))));
}

export function revocationHeadStateKey(): Uint8Array {
  return numbered(SPACE.revocationHead, 0);
}

export function revocationStateKey(index: number): Uint8Array {
  return numbered(SPACE.revocation, index);
}

export function historyStateKey(sequence: Sequence): Uint8Array {
  return numbered(SPACE.history, sequence);
}

export function metaStateKey(): Uint8Array {
  return numbered(SPACE.meta, 0);
}

/** Before every key of the space and after those of the spaces before it, none of which end so. */
export function spaceStart(space: number): Uint8Array {
  const key = new Uint8Array(MAP_KEY_SIZE).fill(255);
  key[0] = space - 1;
  return key;
}

function inSpace(space: number, name: Uint8Array): Uint8Array {
  const key = new Uint8Array(MAP_KEY_SIZE);
  key[0] = space;
  key.set(name, 1);
  return key;
}

function numbered(space: number, number: number): Uint8Array {
  const key = new Uint8Array(MAP_KEY_SIZE);
  key[0] = space;
  new DataView(key.buffer).setBigUint64(MAP_KEY_SIZE - 8, BigInt(number));
  return key;
}
