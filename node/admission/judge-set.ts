import { equalBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import * as outcomes from "../../consensus/execution/outcomes.ts";
import { ENTRY_CONFIRMED } from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import type { Write } from "../../consensus/wire/write-set.ts";
import { admissionChecker } from "../../proof/admission/checkers.ts";
import type { Claim } from "../../proof/admission/claim-check.ts";
import { beyondClosure, citableOf, citedKeys, mayFollow } from "../../proof/admission/closures.ts";
import type { Citable } from "../../proof/admission/closures.ts";
import type { CheckResult } from "../../proof/frame/check-result.ts";
import { isAxiomPayload } from "../../proof/metamath/payload.ts";
import { PROOF_BUDGET } from "../../proof/metamath/metamath-1.ts";
import { METAMATH_1 } from "../../proof/metamath/database.ts";
import type { BlobStore } from "../host/blob-store.ts";
import type { Citables } from "./citables.ts";
import { readRange, readStoredSet } from "./stored-set.ts";
import type { StoredSet } from "./stored-set.ts";

/** A put of a set of proofs. */
export interface PutProofs extends Write {
  readonly key: Hash;
  readonly valueDigest: Hash;
}

export type Judged =
  | {
      /** 0: every proof of it is accepted; else REFUSAL_*. */
      readonly code: number;
      /** For counting. */
      readonly what: string;
      readonly detail?: object;
    }
  | Waits;

/** Something that it rests on is not here yet. */
export interface Waits {
  readonly waitsFor: Hash;
  /** What stands under that key will not do: something must take its place, or come beside it. */
  readonly isThere?: true;
}

/** One proof for a checker, or an axiom, which stands for itself. */
export interface SetClaim {
  readonly claim: Omit<Claim, "proofSize">;
  /** Undefined: it lies in the store, or there is none. */
  readonly proof: Uint8Array | undefined;
  /** Where it lies in the set's value; undefined: an axiom. */
  readonly place: { readonly start: number; readonly size: number } | undefined;
}

/** All that can be said without a checker, or what it is to check. */
export type Prepared = Judged | { readonly claims: readonly SetClaim[] };

export interface SetTools {
  readonly blobs: BlobStore;
  readonly citables: Citables;
}

type Cited = (key: Hash) => Promise<Citable | undefined>;

const ACCEPT = { code: 0, what: "accept" } as const;

/**
 * Of a set that lies in the store: whether each proof may be one of the obligation whose key the
 * write names, by the checker that the set names, from axioms that it names.
 */
export async function prepareSet(tools: SetTools, put: PutProofs, cited: Cited): Promise<Prepared> {
  const set = await readStoredSet(tools.blobs, put.valueDigest);
  if (set === undefined) return rejected("set-unreadable");
  if (set.kind !== put.kind || !tools.citables.isKeyOf(put.key, set)) {
    return { code: outcomes.REFUSAL_PROOF_KEY_WRONG, what: "wrong-key" };
  }
  const standing = tools.citables.rowOf(put.namespace, put.key);
  if (standing !== undefined && isSame(standing, put)) return { code: 0, what: "known" };
  const followed = await judgeSuccession(tools, put, set);
  if (followed !== undefined) return followed;
  if (set.proofs.length === 0) {
    const { kind, payload } = set;
    return {
      claims: [{ claim: { kind, payload, cited: [] }, proof: undefined, place: undefined }],
    };
  }
  const claims: SetClaim[] = [];
  for (const index of set.proofs.keys()) {
    const claim = await prepareProof(tools, put, set, index, cited);
    if (!("claim" in claim)) return claim;
    claims.push(claim);
  }
  return { claims };
}

/** Q replicas have checked these very bytes: they stand in the executed state. */
function isSame(row: EntryRow, { kind, valueDigest }: PutProofs): boolean {
  return (
    row.state === ENTRY_CONFIRMED && row.kind === kind && equalBytes(row.valueDigest, valueDigest)
  );
}

/** What the entry has proved before is still proved after. Undefined: so it is. */
async function judgeSuccession(
  { citables }: SetTools,
  { namespace, key, kind, succeeds }: PutProofs,
  set: StoredSet,
): Promise<Judged | undefined> {
  if (succeeds === 0) return undefined;
  const row = citables.rowOf(namespace, key);
  if (row === undefined || row.version < succeeds) return { waitsFor: key };
  // Overtaken already, which execution will say.
  if (row.version > succeeds || row.kind !== kind) return undefined;
  const before = await citables.ofValue(kind, key, row.valueDigest);
  if (before === undefined) return { waitsFor: key };
  const after = citableOf(citables.table, key, set);
  return mayFollow(citables.table, before.closures, after.closures)
    ? undefined
    : { code: outcomes.REFUSAL_PROOF_LOST, what: "lost" };
}

async function prepareProof(
  { blobs, citables }: SetTools,
  put: PutProofs,
  set: StoredSet,
  index: number,
  cited: Cited,
): Promise<Judged | SetClaim> {
  const { checker: named, axioms } = set.proofs[index]!;
  if (named !== admissionChecker(put.kind)) {
    return { code: outcomes.REFUSAL_PROOF_DECLINED, what: "decline", detail: { checker: named } };
  }
  const place = set.places[index]!;
  const { start, size } = place;
  let proof = set.bytes?.subarray(start, start + size);
  const below: Citable[] = [];
  if (put.kind === METAMATH_1) {
    if (size > PROOF_BUDGET.bytesMax) return exhausted();
    proof ??= await readRange(blobs, put.valueDigest, start, size);
    const keys = citedKeys(put.kind, proof);
    if (keys.status !== "accept") return verdictOf(keys);
    for (const key of keys.value) {
      const citable = await cited(key);
      if (citable === undefined) return { waitsFor: key };
      below.push(citable);
    }
  }
  if (below.length === 0 && axioms.length > 0) return rejected("axioms-not-used");
  const beyond = beyondClosure(citables.table, citables.table.of(axioms), below);
  if (beyond !== undefined) {
    // A theorem may yet get a proof from fewer axioms; an axiom is what it is.
    if (!isAxiomPayload(beyond.payload)) return { waitsFor: beyond.key, isThere: true };
    return rejected("axioms-not-declared");
  }
  const payloads = below.map(({ payload }) => payload);
  return { claim: { kind: put.kind, payload: set.payload, cited: payloads }, proof, place };
}

export function verdictOf(result: CheckResult<unknown>): Exclude<Judged, Waits> {
  switch (result.status) {
    case "accept":
      return ACCEPT;
    case "reject":
      return { code: outcomes.REFUSAL_PROOF_REJECTED, what: "reject", detail: result };
    case "decline":
      return { code: outcomes.REFUSAL_PROOF_DECLINED, what: "decline", detail: result };
    default:
      return { code: outcomes.REFUSAL_PROOF_EXHAUSTED, what: "resource", detail: result };
  }
}

function rejected(reason: string): Judged {
  return { code: outcomes.REFUSAL_PROOF_REJECTED, what: "reject", detail: { reason } };
}

function exhausted(): Judged {
  return { code: outcomes.REFUSAL_PROOF_EXHAUSTED, what: "resource" };
}
