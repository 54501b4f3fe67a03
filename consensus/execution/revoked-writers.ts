import type { PublicKey, Sequence } from "../../base/types.ts";
import { REVOCATIONS_AT_ONCE_MAX, REVOCATION_SWEEP_COUNT_MAX } from "../limits.ts";
import { keyText } from "../map/key-text.ts";
import { SPACE, revokedWriterStateKey, spaceStart } from "../map/state-keys.ts";
import type { AuthenticatedMap } from "../map/trie.ts";
import { revokedWriterRowCodec } from "../wire/rows.ts";
import type { RevokedWriterRow } from "../wire/rows.ts";
import type { WorkingRows } from "./working-rows.ts";

/** What is asked about each entry, and done with it. */
export type VisitEntry = (stateKey: Uint8Array, writer: PublicKey, sequence: Sequence) => void;

/**
 * Writers whose votes are being withdrawn. Each execution begins with a bounded number of entries,
 * in the order of the map: a revocation must not stop the cluster for as long as it takes to read
 * every entry. How far it came is a row, so that a replica that starts anew goes on there.
 *
 * 1. A revoked writer is no longer enrolled and cannot be enrolled until its sweep has ended, so
 *    no vote of it can come where the sweep has been.
 * 2. The map holds, when an execution begins, every row that the executions before have written.
 */
export class RevokedWriters {
  #rows: WorkingRows;
  #map: AuthenticatedMap;
  #pending = new Map<string, RevokedWriterRow>();

  constructor(rows: WorkingRows, map: AuthenticatedMap) {
    this.#rows = rows;
    this.#map = map;
  }

  has(writer: PublicKey): boolean {
    return this.#pending.has(keyText(writer));
  }

  /** False: too many are being withdrawn already. */
  add(writer: PublicKey): boolean {
    if (this.#pending.size >= REVOCATIONS_AT_ONCE_MAX) return false;
    this.#set({ writer, reached: undefined });
    return true;
  }

  /** Looks at the next entries for one of the writers: the one with the smallest key. */
  sweep(sequence: Sequence, visit: VisitEntry): void {
    const text = [...this.#pending.keys()].sort()[0];
    const row = text === undefined ? undefined : this.#pending.get(text);
    if (row === undefined) return;
    const after = row.reached ?? spaceStart(SPACE.entry);
    const keys = this.#map
      .keysAfter(after, REVOCATION_SWEEP_COUNT_MAX)
      .filter((key) => key[0] === SPACE.entry);
    for (const key of keys) visit(key, row.writer, sequence);
    const isDone = keys.length < REVOCATION_SWEEP_COUNT_MAX;
    if (isDone) this.#delete(row.writer);
    else this.#set({ ...row, reached: keys.at(-1) });
  }

  /** From a scan or a transfer: the row is there already. */
  load(bytes: Uint8Array): void {
    const row = revokedWriterRowCodec.decode(bytes);
    this.#pending.set(keyText(row.writer), row);
  }

  forget(writer: PublicKey): void {
    this.#pending.delete(keyText(writer));
  }

  #set(row: RevokedWriterRow): void {
    this.#pending.set(keyText(row.writer), row);
    this.#rows.set(revokedWriterStateKey(row.writer), revokedWriterRowCodec.encode(row));
  }

  #delete(writer: PublicKey): void {
    this.#pending.delete(keyText(writer));
    this.#rows.set(revokedWriterStateKey(writer), undefined);
  }
}
