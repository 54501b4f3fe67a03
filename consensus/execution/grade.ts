import { invariant } from "../../base/assert.ts";
import { GRADE_ASSERTED, GRADE_ATTESTED, GRADE_CHECKED } from "../wire/rows.ts";
import type { EntryVote } from "../wire/rows.ts";
import { countOf } from "./confirm-rule.ts";
import type { ConfirmRule } from "./confirm-rule.ts";

/** min(90, round(100 (1 − 0.6^k))) for k = 2, 3, 4, and 90 from there on: no floats in execution. */
const ATTESTED_PERCENT = [64, 78, 87];
const ATTESTED_PERCENT_MAX = 90;
const ASSERTED_PERCENT = 30;
/** Q replicas accepted it; only the asker's own kernel is above them. */
const CHECKED_PERCENT = 99;

export interface Grade {
  readonly grade: number;
  readonly confidencePercent: number;
}

/** What these votes for one answer make of it: at least asserted, whoever's they are. */
export function gradeOfVotes(votes: readonly EntryVote[], rule: ConfirmRule): Grade {
  if (rule.proved === true) return { grade: GRADE_CHECKED, confidencePercent: CHECKED_PERCENT };
  return gradeOf(Math.max(1, countOf(votes, rule)));
}

/** The grade of an answer that this many operators vote for and nobody checked. */
function gradeOf(operatorCount: number): Grade {
  invariant(operatorCount >= 1, "a confirmed answer has a vote", { operatorCount });
  if (operatorCount === 1) {
    return { grade: GRADE_ASSERTED, confidencePercent: ASSERTED_PERCENT };
  }
  const confidencePercent = ATTESTED_PERCENT[operatorCount - 2] ?? ATTESTED_PERCENT_MAX;
  return { grade: GRADE_ATTESTED, confidencePercent };
}
