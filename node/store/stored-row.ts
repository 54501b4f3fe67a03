import { hashParts } from "../../base/hash-parts.ts";
import { concatBytes, readUint64, uint64Bytes } from "../../base/bytes.ts";
import { HASH_SIZE } from "../../base/types.ts";
import type { Hash, Hlc, Sequence } from "../../base/types.ts";

/**
 * How a row lies in LMDB: half of SHA-256(key ‖ row), then the row. The key is inside, so that a
 * row that a damaged page shows under another's key is noticed too. Against disks, not forgers:
 * what a forger could do here, the state root catches.
 */
const CHECK_SIZE = 16;

/** SHA-256; a simulator has a quicker one. */
export type HashOf = (bytes: Uint8Array) => Hash;

export function sealRow(hash: HashOf, key: Uint8Array, row: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(CHECK_SIZE + row.length);
  const check = checkOf(hash, key, row);
  for (let index = 0; index < CHECK_SIZE; index++) sealed[index] = check[index]!;
  sealed.set(row, CHECK_SIZE);
  return sealed;
}

/** Undefined: damaged. */
export function openRow(hash: HashOf, key: Uint8Array, stored: Uint8Array): Uint8Array | undefined {
  if (stored.length < CHECK_SIZE) return undefined;
  const row = stored.subarray(CHECK_SIZE);
  const check = checkOf(hash, key, row);
  for (let index = 0; index < CHECK_SIZE; index++) {
    if (check[index] !== stored[index]) return undefined;
  }
  return row;
}

/** Of this only the first half is kept. */
function checkOf(hash: HashOf, key: Uint8Array, row: Uint8Array): Hash {
  return hashParts(hash, key, row);
}

/** To which execution the rows belong; written in the same transaction. */
export interface StoredState {
  readonly sequence: Sequence;
  readonly stateRoot: Hash;
  readonly agreedTime: Hlc;
}

const STATE_SIZE = 8 + 8 + HASH_SIZE;

export function encodeState(state: StoredState): Uint8Array {
  return concatBytes(uint64Bytes(state.sequence), uint64Bytes(state.agreedTime), state.stateRoot);
}

/** Undefined: not what was written. */
export function decodeState(bytes: Uint8Array): StoredState | undefined {
  const sequence = bytes.length === STATE_SIZE ? Number(readUint64(bytes)) : NaN;
  if (!Number.isSafeInteger(sequence)) return undefined;
  return {
    sequence: sequence as Sequence,
    agreedTime: readUint64(bytes, 8) as Hlc,
    stateRoot: bytes.slice(16) as Hash,
  };
}
