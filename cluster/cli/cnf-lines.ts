import type { CnfCheckReport, RefusedIn } from "../../client/proof/cnf-report.ts";
import type { Exhausted } from "../../proof/frame/check-result.ts";

/** What a person is told of a proof that was checked. */
export function cnfCheckLines(report: CnfCheckReport | Exhausted): readonly string[] {
  if (!("checker" in report)) return exhaustedLines(report);
  const { status, verdict, format, refused, cost } = report;
  if (status === "accept") {
    const what =
      verdict === "sat" ? "satisfiable: the model holds" : "unsatisfiable: the proof holds";
    return [`accept: ${what} (${format}, ${cost.steps} steps)`];
  }
  return refused === undefined ? [status] : refusedLines(refused);
}

export function refusedLines(refused: RefusedIn): readonly string[] {
  const { status, reason, offset, detail, file } = refused;
  const why = detail === undefined ? "" : `: ${detail}`;
  return [`${status} ${reason}${why}`, `  ${file} (offset ${offset})`];
}

export function exhaustedLines({ status, reason, detail }: Exhausted): readonly string[] {
  return [`${status} ${reason}: ${detail ?? ""}`];
}
