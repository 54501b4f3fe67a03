import type { Sequence } from "../../base/types.ts";
import * as rows from "../wire/rows.ts";
import type { EntryRow, EntryVote } from "../wire/rows.ts";
import { confirms, countOf, disputes } from "./confirm-rule.ts";
import type { ConfirmRule } from "./confirm-rule.ts";
import { sameAnswer, votesFor } from "./entry-change.ts";
import type { EntryChange } from "./entry-change.ts";
import { gradeOfVotes } from "./grade.ts";
import * as outcomes from "./outcomes.ts";

/** What the remaining votes are judged by. */
export interface Judging {
  readonly rule: ConfirmRule;
  readonly sequence: Sequence;
}

/**
 * The entry without these votes; undefined: it has none of them. What no longer confirms leaves a
 * tombstone. What is disputed is served again when only its own answer is left standing, for a
 * dispute is between two answers that each have their operators.
 */
export function withoutVotes(
  entry: EntryRow,
  isLost: (vote: Pick<EntryVote, "operator" | "writer">) => boolean,
  by: Judging,
): EntryChange | undefined {
  const votes = entry.votes.filter((vote) => !isLost(vote));
  if (votes.length === entry.votes.length) return undefined;
  const row: EntryRow = { ...entry, votes, sequence: by.sequence };
  switch (entry.state) {
    case rows.ENTRY_PENDING:
      return done(votes.length === 0 ? "delete" : row);
    case rows.ENTRY_WITHDRAWN:
      return done(row);
    case rows.ENTRY_DISPUTED:
      return hasRival(row, by.rule) ? done(row) : served(row, isLost, by);
    default:
      return served(row, isLost, by);
  }
}

function served(
  row: EntryRow,
  isLost: (vote: Pick<EntryVote, "operator" | "writer">) => boolean,
  { rule }: Judging,
): EntryChange {
  const wasServed = row.state === rows.ENTRY_CONFIRMED;
  const supporting = votesFor(row.votes, row, row.version - 1);
  const stand = supporting.find((vote) => countOf([vote], rule) === 1);
  if (stand === undefined || !confirms(supporting, rule)) {
    const reason = rows.REVOKED_WITHDRAWAL;
    return {
      outcome: outcomes.OUTCOME_ACCEPTED,
      row: { ...row, state: rows.ENTRY_WITHDRAWN, grade: 0, confidencePercent: 0 },
      revoked: wasServed ? { reason, valueDigest: row.valueDigest } : undefined,
    };
  }
  const state = rows.ENTRY_CONFIRMED;
  const confirmed: EntryRow = { ...row, ...gradeOfVotes(supporting, rule), state };
  if (!isLost(row)) return done(confirmed);
  // The bytes served go with their voter; those of another vote for the same answer stand in.
  const { operator, writer, valueDigest, size } = stand;
  return done({ ...confirmed, operator, writer, valueDigest, size, inline: false });
}

/** Another answer that would dispute this one. */
function hasRival(row: EntryRow, rule: ConfirmRule): boolean {
  return row.votes.some(
    (vote) => !sameAnswer(vote, row) && disputes(votesFor(row.votes, vote, vote.version), rule),
  );
}

function done(row: EntryRow | "delete"): EntryChange {
  return { outcome: outcomes.OUTCOME_ACCEPTED, row, revoked: undefined };
}
