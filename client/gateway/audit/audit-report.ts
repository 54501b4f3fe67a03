import type { Cause } from "../../../proof/difference/causes.ts";
import type { AuditRecord } from "./audit-record.ts";

export interface AuditReport {
  readonly agreed: number;
  readonly differing: number;
  /** Of the differing; "unknown" for what could not be looked into. */
  readonly causes: Readonly<Partial<Record<Cause | "unknown", number>>>;
  /** The newest of each key, the gravest first, then the newest. */
  readonly differences: readonly AuditRecord[];
}

const GRAVITY: readonly (Cause | undefined)[] = [
  ...(["poisoning", undefined, "input outside the key", "random seed"] as const),
  ...(["order", "absolute path", "timestamp"] as const),
];

export function auditReport(records: readonly AuditRecord[]): AuditReport {
  const newest = new Map<string, AuditRecord>();
  let agreed = 0;
  for (const record of records) {
    if (record.outcome === "agreed") agreed++;
    else newest.set(`${record.namespace} ${record.key}`, record);
  }
  const differences = [...newest.values()].sort(
    (one, other) =>
      GRAVITY.indexOf(one.cause) - GRAVITY.indexOf(other.cause) || other.atMs - one.atMs,
  );
  const causes: Partial<Record<Cause | "unknown", number>> = {};
  for (const { cause = "unknown" } of differences) causes[cause] = (causes[cause] ?? 0) + 1;
  return { agreed, differing: differences.length, causes, differences };
}
