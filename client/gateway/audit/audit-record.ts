import type { Cause } from "../../../proof/difference/causes.ts";
import type { Finding } from "../../../proof/difference/difference.ts";

/** One line of the audit log. */
export interface AuditRecord {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly namespace: string;
  readonly key: string;
  readonly kind: string;
  readonly outcome: "agreed" | "differs";
  /** Semantic digests, hex. */
  readonly certified: string;
  readonly rebuilt: string;
  /** Who vouched for what was certified, where the cluster could be asked. */
  readonly writer?: string;
  readonly operator?: string;
  /** Absent: they agree, or nothing could be told. */
  readonly cause?: Cause | undefined;
  /** `left` is what was certified, `right` what was rebuilt. */
  readonly findings?: readonly Finding[];
}

/** Undefined: a line that was cut off, or that no auditor of this version wrote. */
export function parseAuditRecord(line: string): AuditRecord | undefined {
  try {
    const value = JSON.parse(line) as Partial<AuditRecord> | null;
    const isSound =
      typeof value?.atMs === "number" &&
      (value.outcome === "agreed" || value.outcome === "differs") &&
      [value.namespace, value.key, value.kind].every((text) => typeof text === "string");
    return isSound ? (value as AuditRecord) : undefined;
  } catch {
    return undefined;
  }
}
