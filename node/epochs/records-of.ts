import type { EpochEntry } from "../../consensus/replica/context.ts";
import type { PromiseRecord } from "../../consensus/replica/output.ts";

/**
 * Of an epoch that begins while the process runs nothing is promised since its start; but it may
 * have been in that epoch before, and lost the file that says so: what it promised then still lies
 * in its log, and was read at the start with the rest.
 */
export function recordsOf(
  records: readonly PromiseRecord[] | "missing",
  entry: EpochEntry | undefined,
): readonly PromiseRecord[] | "missing" {
  if (records === "missing" || entry === undefined) return records;
  return [...records, { type: "stable", certificate: entry.certificate }];
}
