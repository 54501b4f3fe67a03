import { toHex } from "../../../base/bytes.ts";
import {
  GRADE_ASSERTED,
  GRADE_ATTESTED,
  GRADE_CHECKED,
  GRADE_DISPUTED,
  GRADE_RE_EXECUTED,
  SOURCE_DERIVED,
  SOURCE_LOCAL,
  SOURCE_NETWORK,
} from "../../../consensus/wire/rows.ts";
import type { EntryRow } from "../../../consensus/wire/rows.ts";
import type { Freshness } from "../../types.ts";

/** An entry as `quorate stat --json` and the query API show it. */
export interface EntryJson {
  readonly key: string;
  /** SHA-256 of the bytes, hex. */
  readonly digest: string;
  readonly size: number;
  readonly kind: string;
  readonly grade: string;
  /** 0 to 1. */
  readonly confidence: number;
  readonly source: string;
  readonly path: readonly string[];
  /** Public key, hex. */
  readonly writer: string;
  readonly operator: string;
  /** Agreed time of the confirmation, decimal. */
  readonly hlc: string;
  /** Seconds; null: no end. */
  readonly ttlS: number | null;
  readonly freshness: FreshnessJson | undefined;
  readonly sequence: number;
}

export interface FreshnessJson {
  readonly kind: string;
  readonly stale: boolean;
  readonly ageMs: number;
}

const GRADES: Readonly<Record<number, string>> = {
  [GRADE_ASSERTED]: "asserted",
  [GRADE_ATTESTED]: "attested",
  [GRADE_RE_EXECUTED]: "re-executed",
  [GRADE_CHECKED]: "checked",
  [GRADE_DISPUTED]: "disputed",
};

const SOURCES: Readonly<Record<number, string>> = {
  [SOURCE_LOCAL]: "local",
  [SOURCE_NETWORK]: "network",
  [SOURCE_DERIVED]: "derived",
};

export function entryJson(row: EntryRow, freshness: Freshness | undefined): EntryJson {
  return {
    key: row.name === "" ? toHex(row.key) : row.name,
    digest: toHex(row.valueDigest),
    size: row.size,
    kind: row.kind,
    grade: GRADES[row.grade] ?? "unknown",
    confidence: row.confidencePercent / 100,
    source: SOURCES[row.source] ?? "unknown",
    path: row.path,
    writer: toHex(row.writer),
    operator: row.operator,
    hlc: row.time.toString(),
    ttlS: row.ttlMs === 0 ? null : Math.ceil(row.ttlMs / 1000),
    freshness: freshness && freshnessJson(freshness),
    sequence: row.sequence,
  };
}

export function freshnessJson({ kind, stale, ageMs }: Freshness): FreshnessJson {
  return { kind, stale, ageMs: Math.round(ageMs) };
}
