import type { MetamathReport, RefusedAt } from "../../client/proof/metamath-report.ts";
import type { Exhausted, Refused } from "../../proof/frame/check-result.ts";
import { EXIT_DECLINED, EXIT_OK, EXIT_REFUSED, EXIT_UNDECIDED } from "./exit-codes.ts";

const EXIT_OF: Readonly<Record<"accept" | Refused["status"], number>> = {
  accept: EXIT_OK,
  reject: EXIT_REFUSED,
  decline: EXIT_DECLINED,
  resource: EXIT_UNDECIDED,
};

export function exitCodeOfCheck(report: { readonly status: "accept" | Refused["status"] }): number {
  return EXIT_OF[report.status];
}

/** What a person is told of a database that was checked. */
export function metamathLines(file: string, report: MetamathReport | Exhausted): readonly string[] {
  if (!("refused" in report)) return [`${report.status} ${report.reason}: ${report.detail ?? ""}`];
  const { status, theorems, axioms, refused, refusedCount } = report;
  if (status === "accept") return [`accept: ${theorems} theorems from ${axioms} axioms hold`];
  const lines = refused.map((one) => refusedLine(file, one));
  const unlisted = refusedCount - refused.length;
  return unlisted > 0 ? [...lines, `and ${unlisted} more`] : lines;
}

function refusedLine(file: string, refused: RefusedAt): string {
  const { status, reason, offset, line, column, label, detail } = refused;
  const whose = label === undefined ? "" : ` in ${label}`;
  const why = detail === undefined ? "" : `: ${detail}`;
  return `${status} ${reason}${whose}${why}\n  ${file}:${line}:${column} (offset ${offset})`;
}
