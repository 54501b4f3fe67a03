import { toHex } from "../../base/bytes.ts";
import type { Freshness, Miss } from "../../client/types.ts";
import {
  ENTRY_CONFIRMED,
  ENTRY_DISPUTED,
  ENTRY_PENDING,
  ENTRY_WITHDRAWN,
} from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";

/** What `stat --json` says of an entry. */
export interface EntryDescription {
  readonly key: string;
  /** SHA-256 of the bytes, hex. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly kind: string;
  readonly grade: string;
  /** 0 to 1: the policy number of the grade, not a probability. */
  readonly confidence: number;
  readonly source: string;
  /** Clusters that it came through, nearest first. */
  readonly path: readonly string[];
  /** Public key, hex. */
  readonly writer: string;
  readonly operator: string;
  /** Agreed time of the confirmation, decimal. */
  readonly hlc: string;
  /** Null: no end. */
  readonly ttlS: number | null;
  readonly sequence: number;
}

export interface FreshnessDescription {
  readonly kind: string;
  readonly stale: boolean;
  readonly ageMs: number;
  /** Nothing certified before it is missing; decimal. */
  readonly hlc: string;
}

const GRADES: readonly string[] = [
  "unknown",
  "asserted",
  "attested",
  "re-executed",
  "checked",
  "disputed",
];
const SOURCES: readonly string[] = ["unknown", "local", "network", "derived"];

export function describeEntry(entry: EntryRow): EntryDescription {
  return {
    key: entry.name === "" ? toHex(entry.key) : entry.name,
    digest: toHex(entry.valueDigest),
    size: entry.size,
    kind: entry.kind,
    grade: GRADES[entry.grade] ?? "unknown",
    confidence: entry.confidencePercent / 100,
    source: SOURCES[entry.source] ?? "unknown",
    path: entry.path,
    writer: toHex(entry.writer),
    operator: entry.operator,
    hlc: entry.time.toString(),
    ttlS: entry.ttlMs === 0 ? null : entry.ttlMs / 1000,
    sequence: entry.sequence,
  };
}

export function describeFreshness(freshness: Freshness): FreshnessDescription {
  const { kind, stale, ageMs, time } = freshness;
  return { kind, stale, ageMs: Math.round(ageMs), hlc: time.toString() };
}

/** Why a proven answer is no hit. */
export function missReason(miss: Miss): string {
  switch (miss.row?.state) {
    case undefined:
      return "absent";
    case ENTRY_PENDING:
      return "pending";
    case ENTRY_CONFIRMED:
      return "expired";
    case ENTRY_DISPUTED:
      return "disputed";
    case ENTRY_WITHDRAWN:
      return "withdrawn";
    default:
      return "not served";
  }
}
