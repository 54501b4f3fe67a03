import { HASH_SIZE } from "../../base/types.ts";
import type { Hash, PublicKey } from "../../base/types.ts";
import { isNamespace, NAMESPACE_WILDCARD } from "../namespace.ts";
import { REVOKED_POLICY } from "../wire/rows.ts";
import type { RevocationRecord, WriterRow } from "../wire/rows.ts";
import {
  ADMINISTRATION_ENROL,
  ADMINISTRATION_NAMESPACE,
  ADMINISTRATION_RETIRE,
} from "../wire/write-set.ts";
import type { Administration } from "../wire/write-set.ts";
import { mayWrite } from "./policy.ts";
import type { Policy } from "./policy.ts";
import * as outcomes from "./outcomes.ts";

/** What an operation on policy needs. */
export interface Administering {
  readonly policy: Policy;
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
  const before = over.policy.writer(subject);
  // The administrator's right is given at genesis and never by this operation.
  const administrator = before?.administrator === true;
  const row: WriterRow = { writer: subject, operator, namespaces, administrator };
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

/** Entries confirmed before stay as they were judged; the record says that the bar was raised. */
function setNamespace(operation: Administration, namespace: string, over: Administering): number {
  const { confirmations } = operation;
  if (!isNamespace(namespace) || confirmations === 0) return outcomes.OUTCOME_MALFORMED;
  const before = over.policy.confirmations(namespace);
  if (!over.policy.setNamespace({ namespace, confirmations })) return outcomes.OUTCOME_POLICY_FULL;
  if (confirmations > before) {
    over.revoke({ reason: REVOKED_POLICY, namespace, key: new Uint8Array(HASH_SIZE) as Hash });
  }
  return outcomes.OUTCOME_ACCEPTED;
}

function areGrants(namespaces: readonly string[]): boolean {
  return (
    new Set(namespaces).size === namespaces.length &&
    namespaces.every((each) => each === NAMESPACE_WILDCARD || isNamespace(each))
  );
}

function narrows(before: WriterRow, after: WriterRow): boolean {
  return (
    before.operator !== after.operator ||
    before.namespaces.some((namespace) => !mayWrite(after, namespace))
  );
}

function revokeWriter(writer: PublicKey, over: Administering): void {
  over.revoke({ reason: REVOKED_POLICY, namespace: "", key: writer as Uint8Array as Hash });
}
