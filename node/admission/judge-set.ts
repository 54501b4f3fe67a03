import { equalBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import * as outcomes from "../../consensus/execution/outcomes.ts";
import { ENTRY_CONFIRMED } from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import type { Write } from "../../consensus/wire/write-set.ts";
import { admissionChecker } from "../../proof/admission/checkers.ts";
import { beyondClosure, citableOf, citedKeys, mayFollow } from "../../proof/admission/closures.ts";
import type { Citable } from "../../proof/admission/closures.ts";
import type { CheckResult } from "../../proof/frame/check-result.ts";
import { isAxiomPayload } from "../../proof/metamath/payload.ts";
import { PROOF_BUDGET } from "../../proof/metamath/metamath-1.ts";
import { METAMATH_1 } from "../../proof/metamath/database.ts";
import type { BlobStore } from "../host/blob-store.ts";
import type { Checker } from "./checker.ts";
import type { Citables } from "./citables.ts";
import { readRange, readStoredSet, streamRange } from "./stored-set.ts";
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
  /** Something that it rests on is not here yet. */
  | { readonly waitsFor: Hash };

interface Tools {
  readonly blobs: BlobStore;
  readonly citables: Citables;
  readonly checker: Checker;
}

type Cited = (key: Hash) => Promise<Citable | undefined>;

const ACCEPT: Judged = { code: 0, what: "accept" };

/**
 * Whether each proof of a set that lies in the store proves the obligation whose key the write
 * names, by the checker that the set names, from axioms that it names.
 */
export async function judgeSet(tools: Tools, put: PutProofs, cited: Cited): Promise<Judged> {
  const set = await readStoredSet(tools.blobs, put.valueDigest);
  if (set === undefined) return rejected("set-unreadable");
  if (set.kind !== put.kind || !tools.citables.isKeyOf(put.key, set)) {
    return { code: outcomes.REFUSAL_PROOF_KEY_WRONG, what: "wrong-key" };
  }
  const standing = tools.citables.rowOf(put.namespace, put.key);
  if (standing !== undefined && isSame(standing, put)) return { code: 0, what: "known" };
  const followed = await judgeSuccession(tools, put, set);
  if (followed !== undefined) return followed;
  if (set.proofs.length === 0) return verdictOf(await checkAxiom(tools.checker, set));
  for (const index of set.proofs.keys()) {
    const judged = await judgeProof(tools, put, set, index, cited);
    if (judged !== ACCEPT) return judged;
  }
  return ACCEPT;
}

/** Q replicas have checked these very bytes: they stand in the executed state. */
function isSame(row: EntryRow, { kind, valueDigest }: PutProofs): boolean {
  return (
    row.state === ENTRY_CONFIRMED && row.kind === kind && equalBytes(row.valueDigest, valueDigest)
  );
}

/** What the entry has proved before is still proved after. Undefined: so it is. */
async function judgeSuccession(
  { citables }: Tools,
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

async function judgeProof(
  { blobs, citables, checker }: Tools,
  put: PutProofs,
  set: StoredSet,
  index: number,
  cited: Cited,
): Promise<Judged> {
  const { checker: named, axioms } = set.proofs[index]!;
  if (named !== admissionChecker(put.kind)) {
    return { code: outcomes.REFUSAL_PROOF_DECLINED, what: "decline", detail: { checker: named } };
  }
  const { start, size } = set.places[index]!;
  const below: Citable[] = [];
  if (put.kind === METAMATH_1) {
    if (size > PROOF_BUDGET.bytesMax) return exhausted();
    const keys = citedKeys(put.kind, await readRange(blobs, put.valueDigest, start, size));
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
    if (!isAxiomPayload(beyond.payload)) return { waitsFor: beyond.key };
    return rejected("axioms-not-declared");
  }
  const claim = {
    kind: put.kind,
    payload: set.payload,
    proofSize: size,
    cited: below.map(({ payload }) => payload),
  };
  return verdictOf(await checker.check(claim, streamRange(blobs, put.valueDigest, start, size)));
}

function checkAxiom(checker: Checker, { kind, payload }: StoredSet): Promise<CheckResult> {
  const claim = { kind, payload, proofSize: undefined, cited: [] };
  return checker.check(claim, nothing());
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {
  // An axiom has no proof.
}

function verdictOf(result: CheckResult<unknown>): Judged {
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
