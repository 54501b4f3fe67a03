import { equalBytes } from "../../base/bytes.ts";
import type { Hash, Sequence } from "../../base/types.ts";
import type { State } from "../../consensus/execution/state.ts";
import { keyText } from "../../consensus/map/key-text.ts";
import { entryStateKey } from "../../consensus/map/state-keys.ts";
import { ENTRY_CONFIRMED, entryRowCodec } from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import { ClosureTable, closureBytes } from "../../proof/admission/closure-table.ts";
import { citableOf } from "../../proof/admission/closures.ts";
import type { Citable } from "../../proof/admission/closures.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import type { BlobStore } from "../host/blob-store.ts";
import { CITABLE_BYTES_MAX } from "../limits.ts";
import { readStoredSet } from "./stored-set.ts";
import type { StoredSet } from "./stored-set.ts";

export interface CitablesDependencies {
  readonly hash: (bytes: Uint8Array) => Hash;
  readonly state: Pick<State, "rowAt" | "sequence">;
  readonly blobs: BlobStore;
}

/** What JavaScript keeps for one of them beside its bytes. */
const OVERHEAD_BYTES = 600;

/**
 * What proofs may cite: obligations whose sets stand in the executed state, which Q replicas have
 * checked. Read once each and kept by the digest of their value, so nothing here goes stale.
 */
export class Citables {
  /** All closures here are of this table. */
  readonly table: ClosureTable = new ClosureTable();
  readonly #dependencies: CitablesDependencies;
  readonly #known = new Map<string, { readonly citable: Citable; readonly bytes: number }>();
  #bytes = 0;

  constructor(dependencies: CitablesDependencies) {
    this.#dependencies = dependencies;
  }

  /** The entry under an obligation's key, as executed here. */
  rowOf(namespace: string, key: Hash): EntryRow | undefined {
    const { hash, state } = this.#dependencies;
    const row = state.rowAt(state.sequence, entryStateKey(hash, namespace, key));
    return row === undefined ? undefined : entryRowCodec.tryDecode(row);
  }

  /** Of the state that is executed here. */
  get sequence(): Sequence {
    return this.#dependencies.state.sequence;
  }

  /** Whether something else stands there than after that sequence. */
  isChangedSince(namespace: string, key: Hash, sequence: Sequence): boolean {
    const row = this.rowOf(namespace, key);
    return row !== undefined && row.sequence > sequence;
  }

  isRow(namespace: string, key: Hash): boolean {
    const { hash, state } = this.#dependencies;
    return state.rowAt(state.sequence, entryStateKey(hash, namespace, key)) !== undefined;
  }

  /** Undefined: no such entry yet, or its bytes are not here yet. */
  async inState(kind: string, namespace: string, key: Hash): Promise<Citable | undefined> {
    const row = this.rowOf(namespace, key);
    if (row === undefined || row.state !== ENTRY_CONFIRMED || row.kind !== kind) return undefined;
    return this.ofValue(kind, key, row.valueDigest);
  }

  async ofValue(kind: string, key: Hash, digest: Hash): Promise<Citable | undefined> {
    const text = keyText(digest);
    const known = this.#known.get(text);
    if (known !== undefined) {
      this.#known.delete(text);
      this.#known.set(text, known);
      return known.citable;
    }
    const { blobs } = this.#dependencies;
    if (blobs.sizeOf(digest) === undefined) return undefined;
    const set = await readStoredSet(blobs, digest).catch(() => undefined);
    if (set === undefined || set.kind !== kind || !this.isKeyOf(key, set)) return undefined;
    return this.#keep(text, key, set);
  }

  isKeyOf(key: Hash, { kind, payload }: Pick<StoredSet, "kind" | "payload">): boolean {
    return equalBytes(key, keyOfObligation(this.#dependencies.hash, { kind, payload }));
  }

  #keep(text: string, key: Hash, set: StoredSet): Citable {
    const citable = citableOf(this.table, key, set);
    const bytes = citable.closures.reduce(
      (sum, closure) => sum + closureBytes(closure),
      set.payload.length + OVERHEAD_BYTES,
    );
    this.#known.set(text, { citable, bytes });
    this.#bytes += bytes;
    for (const [oldest, one] of this.#known) {
      if (this.#bytes <= CITABLE_BYTES_MAX || oldest === text) break;
      this.#known.delete(oldest);
      this.#bytes -= one.bytes;
    }
    return citable;
  }
}
