import type { Hash } from "../../base/types.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import type { Theory } from "../../proof/frame/theory.ts";
import type { CallOptions } from "../types.ts";

/** Where sets of proofs lie: a cluster, or a folder of this machine. Nobody of them is believed. */
export interface ProofSource {
  readonly name: string;
  /**
   * The bytes under an obligation's key; undefined: none there.
   * @throws QuorateError where the source cannot be asked
   */
  readonly find: (kind: string, key: Hash, query?: SetQuery) => Promise<FoundSet | undefined>;
}

export interface SetQuery extends CallOptions {
  /** What a proof may assume: the source sends none from other axioms. Undefined: all of them. */
  readonly theory?: Theory | undefined;
}

export interface FoundSet {
  /** What a set of proofs is said to be, or what is permitted of it (proof/admission/). */
  readonly bytes: Uint8Array;
  /** Where the entry stands in the cluster; undefined: nobody certifies it. */
  readonly certified: CertifiedSet | undefined;
}

export interface CertifiedSet {
  readonly entry: EntryRow;
  /** Encoded, verifiable offline. */
  readonly receipt: () => Uint8Array;
}
