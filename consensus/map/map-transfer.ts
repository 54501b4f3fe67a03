import type { Hash, Sequence } from "../../base/types.ts";
import type { FetchNodes, FetchRows, Nodes, Rows } from "../wire/agreement.ts";

/** A question for any replica that holds the target's root. */
export type TransferRequest =
  | { readonly type: "nodes"; readonly fetch: FetchNodes }
  | { readonly type: "rows"; readonly fetch: FetchRows };

export interface TransferTarget {
  readonly sequence: Sequence;
  readonly root: Hash;
}

/**
 * The receiving side of a state transfer: given the local trie and a certified root it says what
 * to ask, believes nothing that does not hash to what was asked, and ends with the exact rows.
 * Sans-IO: `next` until undefined, feed answers, `abandon` what was not answered, `retarget` when
 * every source says `gone`. Made by `State.beginTransfer`, ended by `State.finishTransfer`.
 */
export interface MapTransfer {
  readonly target: TransferTarget;
  /** All of the target is here. */
  readonly done: boolean;
  /** Undefined: nothing to ask now; all is here or asked for. */
  next(): TransferRequest | undefined;
  /** How many of the nodes were wanted and right; 0 of a non-empty answer is a useless source. */
  acceptNodes(nodes: Nodes): number;
  acceptRows(rows: Rows): number;
  /** Puts back what a request asked for and has not come. */
  abandon(request: TransferRequest): void;
  /** Goes on towards a newer root, keeping what is here. */
  retarget(target: TransferTarget): void;
}
