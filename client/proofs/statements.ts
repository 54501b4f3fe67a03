import { toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import type { ClosureTable } from "../../proof/admission/closure-table.ts";
import { citableOf } from "../../proof/admission/closures.ts";
import type { Citable } from "../../proof/admission/closures.ts";
import { decodePermittedSet, isPermittedSet } from "../../proof/admission/permitted-set.ts";
import { decodeProofSet } from "../../proof/admission/proof-set.ts";
import type { ProofSet, SetProofHead } from "../../proof/admission/proof-set.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import { equalBytes } from "../../base/bytes.ts";
import { STATEMENT_COUNT_MAX } from "./limits.ts";
import type { FoundSet } from "./proof-source.ts";

/** A set as it was found, read. Its key is computed here; its proofs are still claims. */
export interface ReadSet {
  readonly found: FoundSet;
  readonly set: FoundProofs;
  readonly citable: Citable;
}

/** A set, or what a theory permits of one. */
export interface FoundProofs extends ProofSet {
  /** Of all proofs, those too that were not sent. */
  readonly heads: readonly SetProofHead[];
  /** Something of it was not sent: proofs, or the leave to cite an axiom. */
  readonly isPart: boolean;
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
  const { payload, heads } = set;
  const citable = citableOf(table, key, { kind, payload: payload.slice(), proofs: heads });
  return { found, set, citable };
}

/** The same without a table. Views into the bytes. */
export function proofSetOf(kind: string, key: Hash, bytes: Uint8Array): FoundProofs | undefined {
  const set = decodeFound(bytes);
  if (set === undefined || set.kind !== kind) return undefined;
  const own = keyOfObligation(nodeCrypto.hash, { kind, payload: set.payload });
  return equalBytes(own, key) ? set : undefined;
}

/** Undefined: neither a set nor a part of one. */
export function decodeFound(bytes: Uint8Array): FoundProofs | undefined {
  if (!isPermittedSet(bytes)) {
    const whole = decodeProofSet(bytes);
    if (whole.status !== "accept") return undefined;
    return { ...whole.value, heads: whole.value.proofs, isPart: false };
  }
  const part = decodePermittedSet(bytes);
  if (part.status !== "accept") return undefined;
  const { kind, payload, heads, proofs, bits } = part.value;
  const isPart = heads.length === 0 ? bits === 0 : proofs.length < heads.length;
  return { kind, payload, heads, proofs, isPart };
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
