import { toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import type { ClosureTable } from "../../proof/admission/closure-table.ts";
import { citableOf } from "../../proof/admission/closures.ts";
import type { Citable } from "../../proof/admission/closures.ts";
import { decodeProofSet } from "../../proof/admission/proof-set.ts";
import type { ProofSet } from "../../proof/admission/proof-set.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import { equalBytes } from "../../base/bytes.ts";
import { STATEMENT_COUNT_MAX } from "./limits.ts";
import type { FoundSet } from "./proof-source.ts";

/** A set as it was found, read. Its key is computed here; its proofs are still claims. */
export interface ReadSet {
  readonly found: FoundSet;
  readonly set: ProofSet;
  readonly citable: Citable;
}

/** Undefined: no set, or of another obligation than its place says. */
export function readSet(
  table: ClosureTable,
  kind: string,
  key: Hash,
  found: FoundSet,
): ReadSet | undefined {
  const set = proofSetOf(kind, key, found.bytes);
  if (set === undefined) return undefined;
  // What is kept of it must not hold all of its bytes.
  const citable = citableOf(table, key, { ...set, payload: set.payload.slice() });
  return { found, set, citable };
}

/** The same without a table. Views into the bytes. */
export function proofSetOf(kind: string, key: Hash, bytes: Uint8Array): ProofSet | undefined {
  const decoded = decodeProofSet(bytes);
  if (decoded.status !== "accept" || decoded.value.kind !== kind) return undefined;
  const { payload } = decoded.value;
  const own = keyOfObligation(nodeCrypto.hash, { kind, payload });
  return equalBytes(own, key) ? decoded.value : undefined;
}

/** Statements that were read, by key: oldest out first. Proofs are not kept. */
export class Statements {
  readonly #known = new Map<string, KnownStatement>();

  get(key: Hash): KnownStatement | undefined {
    return this.#known.get(toHex(key));
  }

  add(key: Hash, statement: KnownStatement): void {
    if (this.#known.size >= STATEMENT_COUNT_MAX) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest!);
    }
    this.#known.set(toHex(key), statement);
  }
}

export interface KnownStatement {
  readonly citable: Citable;
  /** All that it rests on was checked by this kernel. */
  readonly checkedHere: boolean;
  /** Q replicas stand behind it. */
  readonly certified: boolean;
}
