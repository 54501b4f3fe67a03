import type { Hash, Hlc, Sequence } from "../../base/types.ts";

/** A row of the state that one execution wrote, or (`row` undefined) deleted. */
export interface RowChange {
  /** MAP_KEY_SIZE bytes: see map/state-keys.ts. */
  readonly key: Uint8Array;
  readonly row: Uint8Array | undefined;
}

/** Everything that one execution, genesis or transfer changed: each key once. */
export interface RowChanges {
  /** The sequence whose state this leads to. */
  readonly sequence: Sequence;
  readonly stateRoot: Hash;
  readonly agreedTime: Hlc;
  readonly rows: readonly RowChange[];
}

/**
 * Where the encoded rows of the newest state are. Synchronous, because a step is.
 *
 * 1. What was given to `apply` is what `get` and `entries` show from then on, durable or not.
 * 2. It becomes durable behind, whole executions at a time and in order: after a crash the store
 *    holds the state of some earlier sequence, together with that sequence and its root.
 * 3. Neither side changes a byte of a key or row that was passed.
 */
export interface RowStore {
  get(key: Uint8Array): Uint8Array | undefined;
  apply(changes: RowChanges): void;
  /** All rows, in any order; to rebuild the trie when a replica starts. */
  entries(): Iterable<readonly [key: Uint8Array, row: Uint8Array]>;
}
