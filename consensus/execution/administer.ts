import { HASH_SIZE } from "../../base/types.ts";
import type { Hash, PublicKey } from "../../base/types.ts";
import { isCovered, isGrant } from "../grant.ts";
import { isNamespace } from "../namespace.ts";
import { NEVER_ROTATED, REVOKED_POLICY } from "../wire/rows.ts";
import type { NamespaceRow, RevocationRecord, WriterRow } from "../wire/rows.ts";
import {
  ADMINISTRATION_CONTINUE,
  ADMINISTRATION_ENROL,
  ADMINISTRATION_NAMESPACE,
  ADMINISTRATION_RETIRE,
  ADMINISTRATION_REVOKE,
} from "../wire/write-set.ts";
import type { Administration } from "../wire/write-set.ts";
import type { Policy } from "./policy.ts";
import * as outcomes from "./outcomes.ts";
import type { RevokedWriters } from "./revoked-writers.ts";

/** What an operation on policy needs. */
export interface Administering {
  readonly policy: Policy;
  readonly revokedWriters: RevokedWriters;
  readonly admitsKey: (key: PublicKey) => boolean;
  /** Appends to the revocation log. */
  readonly revoke: (record: Pick<RevocationRecord, "reason" | "namespace" | "key">) => void;
}

/**
 * Carries out an operator's ordered operation on policy; answers an OUTCOME_*. Whoever narrows
 * the policy leaves a record: of a writer under its key, of a namespace under its name.
 */
export function administer(
  operation: Administration,
  namespace: string,
  over: Administering,
): number {
  switch (operation.action) {
    case ADMINISTRATION_ENROL:
      return enrol(operation, over);
    case ADMINISTRATION_RETIRE:
      return retire(operation, over);
    case ADMINISTRATION_REVOKE:
      return revoke(operation, over);
    case ADMINISTRATION_CONTINUE:
      return goOn(operation, over);
    case ADMINISTRATION_NAMESPACE:
      return setNamespace(operation, namespace, over);
    default:
      return outcomes.OUTCOME_MALFORMED;
  }
}

function enrol(operation: Administration, over: Administering): number {
  const { subject, operator, namespaces } = operation;
  if (subject === undefined || operator === "" || !areGrants(namespaces)) {
    return outcomes.OUTCOME_MALFORMED;
  }
  if (!over.admitsKey(subject)) return outcomes.OUTCOME_KEY_REFUSED;
  // Its old votes are still going; new ones would go with them.
  if (over.revokedWriters.has(subject)) return outcomes.OUTCOME_BEING_REVOKED;
  const before = over.policy.writer(subject);
  // The administrator's right is given at genesis, handed on by rotation, and never given here.
  const administrator = before?.administrator === true;
  const { predecessor, rotatedMs } = before ?? NEVER_ROTATED;
  const row: WriterRow = {
    ...{ writer: subject, operator, namespaces, administrator, predecessor, rotatedMs },
  };
  if (!over.policy.setWriter(row)) return outcomes.OUTCOME_POLICY_FULL;
  if (before !== undefined && narrows(before, row)) revokeWriter(subject, over);
  return outcomes.OUTCOME_ACCEPTED;
}

function retire(operation: Administration, over: Administering): number {
  const { subject } = operation;
  if (subject === undefined) return outcomes.OUTCOME_MALFORMED;
  if (over.policy.writer(subject) === undefined) return outcomes.OUTCOME_UNKNOWN_SUBJECT;
  over.policy.deleteWriter(subject);
  revokeWriter(subject, over);
  return outcomes.OUTCOME_ACCEPTED;
}

/** Retires the writer, and what only it vouched for leaves, some entries in each execution. */
function revoke(operation: Administration, over: Administering): number {
  const { subject } = operation;
  if (subject === undefined) return outcomes.OUTCOME_MALFORMED;
  if (over.revokedWriters.has(subject)) return outcomes.OUTCOME_BEING_REVOKED;
  // Also one that was retired earlier, and whose votes were left: so there is nothing to ask for.
  if (!over.revokedWriters.add(subject)) return outcomes.OUTCOME_POLICY_FULL;
  over.policy.deleteWriter(subject);
  revokeWriter(subject, over);
  return outcomes.OUTCOME_ACCEPTED;
}

/** Changes nothing: an idle cluster executes nothing, and a sweep goes on with each execution. */
function goOn(operation: Administration, over: Administering): number {
  const { subject } = operation;
  if (subject === undefined) return outcomes.OUTCOME_MALFORMED;
  return over.revokedWriters.has(subject) ? outcomes.OUTCOME_PENDING : outcomes.OUTCOME_ACCEPTED;
}

/** Entries confirmed before stay as they were judged; the record says that the bar was raised. */
function setNamespace(operation: Administration, namespace: string, over: Administering): number {
  const { confirmations, trusted, valueBytesMax, ttlMsMax, quotaBytes } = operation;
  const areOperators = new Set(trusted).size === trusted.length && !trusted.includes("");
  if (!isNamespace(namespace) || confirmations === 0 || !areOperators) {
    return outcomes.OUTCOME_MALFORMED;
  }
  // More than there are to agree: nothing would ever be confirmed.
  if (trusted.length > 0 && confirmations > trusted.length) return outcomes.OUTCOME_MALFORMED;
  const before = over.policy.namespace(namespace);
  const bounds = { valueBytesMax, ttlMsMax, quotaBytes };
  const row = { namespace, confirmations, trusted, ...bounds, version: before.version + 1 };
  if (!over.policy.setNamespace(row)) return outcomes.OUTCOME_POLICY_FULL;
  if (raisesBar(before, row)) {
    over.revoke({ reason: REVOKED_POLICY, namespace, key: new Uint8Array(HASH_SIZE) as Hash });
  }
  return outcomes.OUTCOME_ACCEPTED;
}

function raisesBar(before: NamespaceRow, after: NamespaceRow): boolean {
  if (after.confirmations > before.confirmations) return true;
  if (after.trusted.length === 0) return false;
  return (
    before.trusted.length === 0 || before.trusted.some((each) => !after.trusted.includes(each))
  );
}

function areGrants(grants: readonly string[]): boolean {
  return new Set(grants).size === grants.length && grants.every(isGrant);
}

function narrows(before: WriterRow, after: WriterRow): boolean {
  return (
    before.operator !== after.operator ||
    before.namespaces.some((grant) => !isCovered(grant, after.namespaces))
  );
}

function revokeWriter(writer: PublicKey, over: Administering): void {
  over.revoke({ reason: REVOKED_POLICY, namespace: "", key: writer as Uint8Array as Hash });
}
