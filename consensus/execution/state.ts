import { invariant } from "../../base/assert.ts";
import type { Hash, Hlc, PublicKey, Sequence } from "../../base/types.ts";
import type { Application, Execution } from "../application.ts";
import type { CheckedBatch } from "../checked.ts";
import type { Genesis } from "../genesis.ts";
import type { MapTransfer } from "../map/map-transfer.ts";
import type { RowStore } from "../map/row-store.ts";
import type { Verified } from "../verified.ts";
import type { FetchNodes, FetchRows, Nodes, Rows } from "../wire/agreement.ts";
import type { Statement } from "../wire/certificate.ts";
import type { MapProof } from "../wire/receipt.ts";
import type { WriteSetHeader } from "../wire/write-set.ts";

/** Whether a class of artifacts has versions; undefined: no such class. */
export type KindTable = (kind: string) => "immutable" | "versioned" | undefined;

/** What execution rests on beside the map. Equal on all replicas, or they part. */
export interface StateRules {
  readonly hash: (bytes: Uint8Array) => Hash;
  readonly kinds: KindTable;
  /** Whether a public key may be enrolled: canonical, torsion-free, not of small order. */
  readonly admitsKey: (key: PublicKey) => boolean;
}

export interface ListedRow {
  readonly name: string;
  readonly key: Uint8Array;
  readonly row: Uint8Array;
}

export interface Listing {
  readonly rows: readonly ListedRow[];
  readonly more: boolean;
}

/** The replicated state over a RowStore. See README.md beside this file. */
export class State implements Application {
  /** Writes the genesis rows into an empty store. */
  static genesis(_rules: StateRules, _rows: RowStore, _genesis: Genesis): State {
    invariant(false, "not built yet");
  }

  /**
   * Rebuilds trie and indexes from a scan of the rows. Undefined: the rows do not lead to the root
   * that was kept with them; the store must be wiped and transferred.
   */
  static open(_rules: StateRules, _rows: RowStore, _stateRoot: Hash): State | undefined {
    invariant(false, "not built yet");
  }

  get sequence(): Sequence {
    invariant(false, "not built yet");
  }

  get stateRoot(): Hash {
    invariant(false, "not built yet");
  }

  get agreedTime(): Hlc {
    invariant(false, "not built yet");
  }

  /** Entry rows in the state, tombstones included. */
  get entryCount(): number {
    invariant(false, "not built yet");
  }

  execute(_batch: Verified<CheckedBatch> | undefined): Execution {
    invariant(false, "not built yet");
  }

  isEnrolled(_header: WriteSetHeader): boolean {
    invariant(false, "not built yet");
  }

  standingOf(_header: WriteSetHeader): "open" | "executed" | "closed" {
    invariant(false, "not built yet");
  }

  release(_below: Sequence): void {
    invariant(false, "not built yet");
  }

  /** Whether `proofAt` and `rowAt` can answer for this sequence. */
  retains(_sequence: Sequence): boolean {
    invariant(false, "not built yet");
  }

  /** Undefined: the sequence is not retained. */
  proofAt(_sequence: Sequence, _key: Uint8Array): MapProof | undefined {
    invariant(false, "not built yet");
  }

  /** Undefined: absent, or the sequence is not retained. */
  rowAt(_sequence: Sequence, _key: Uint8Array): Uint8Array | undefined {
    invariant(false, "not built yet");
  }

  /** Confirmed entries by name in byte order, after `after`, as of a retained sequence. */
  list(_query: {
    readonly sequence: Sequence;
    readonly namespace: string;
    readonly prefix: string;
    readonly after: string;
    readonly limit: number;
  }): Listing {
    invariant(false, "not built yet");
  }

  /** Keeps a retained sequence readable for a transfer; false: it is not retained, or too many are. */
  pin(_sequence: Sequence): boolean {
    invariant(false, "not built yet");
  }

  unpin(_sequence: Sequence): void {
    invariant(false, "not built yet");
  }

  /** Answers a peer's question; `gone` when the root is neither retained nor pinned. */
  answerNodes(_fetch: FetchNodes): Nodes {
    invariant(false, "not built yet");
  }

  answerRows(_fetch: FetchRows): Rows {
    invariant(false, "not built yet");
  }

  beginTransfer(_statement: Statement): MapTransfer {
    invariant(false, "not built yet");
  }

  /** The state now stands at the statement; the store was given every change. */
  finishTransfer(_transfer: MapTransfer, _statement: Statement): void {
    invariant(false, "not built yet");
  }
}
