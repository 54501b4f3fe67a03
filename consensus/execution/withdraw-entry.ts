import type { Hash } from "../../base/types.ts";
import * as rows from "../wire/rows.ts";
import type { EntryRow } from "../wire/rows.ts";
import { unchanged, votesFor } from "./entry-change.ts";
import type { EntryChange, WriteContext } from "./entry-change.ts";
import { gradeOf } from "./grade.ts";
import * as outcomes from "./outcomes.ts";

/**
 * A writer withdraws its own operator's votes and nobody else's. A served entry leaves when what
 * remains no longer confirms it, and leaves a tombstone with its answer (R3).
 */
export function withdrawEntry(entry: EntryRow | undefined, context: WriteContext): EntryChange {
  if (entry === undefined) return unchanged(outcomes.OUTCOME_NOTHING_TO_WITHDRAW);
  if (entry.state === rows.ENTRY_DISPUTED) return unchanged(outcomes.OUTCOME_DISPUTED);
  const votes = entry.votes.filter(({ operator }) => operator !== context.writer.operator);
  if (votes.length === entry.votes.length) {
    return unchanged(outcomes.OUTCOME_NOTHING_TO_WITHDRAW);
  }
  const row: EntryRow = { ...entry, votes, sequence: context.sequence };
  if (entry.state === rows.ENTRY_PENDING) {
    return done(votes.length === 0 ? "delete" : row);
  }
  if (entry.state === rows.ENTRY_WITHDRAWN) return done(row);
  return withoutVotes(entry, row, context);
}

/** An operator key withdraws outright. `returning`: the answer that may come back, if not this one. */
export function withdrawOutright(
  entry: EntryRow | undefined,
  returning: Hash | undefined,
  context: WriteContext,
): EntryChange {
  if (entry === undefined) return unchanged(outcomes.OUTCOME_NOTHING_TO_WITHDRAW);
  // Nothing was served or disputed: there is no answer that a tombstone could stand for.
  if (entry.state === rows.ENTRY_PENDING) return done("delete");
  const kind =
    entry.votes.find(({ semanticDigest }) => equalsMaybe(semanticDigest, returning))?.kind ??
    entry.kind;
  const row = tombstone({ ...entry, kind, sequence: context.sequence, votes: [] });
  return {
    outcome: outcomes.OUTCOME_ACCEPTED,
    row: returning === undefined ? row : { ...row, semanticDigest: returning },
    revoked: { reason: rows.REVOKED_WITHDRAWAL, valueDigest: entry.valueDigest },
  };
}

function withoutVotes(entry: EntryRow, row: EntryRow, context: WriteContext): EntryChange {
  const supporting = votesFor(row.votes, row, row.version - 1);
  const first = supporting[0];
  if (first === undefined || supporting.length < context.confirmations) {
    return {
      outcome: outcomes.OUTCOME_ACCEPTED,
      row: tombstone(row),
      revoked: { reason: rows.REVOKED_WITHDRAWAL, valueDigest: entry.valueDigest },
    };
  }
  const grade = gradeOf(supporting.length);
  if (row.operator !== context.writer.operator) return done({ ...row, ...grade });
  // The bytes served go with their operator; those of another vote for the same answer stand in.
  const { operator, writer, valueDigest, size } = first;
  return done({ ...row, ...grade, operator, writer, valueDigest, size, inline: false });
}

function tombstone(row: EntryRow): EntryRow {
  return { ...row, state: rows.ENTRY_WITHDRAWN, grade: 0, confidencePercent: 0 };
}

function done(row: EntryRow | "delete"): EntryChange {
  return { outcome: outcomes.OUTCOME_ACCEPTED, row, revoked: undefined };
}

function equalsMaybe(left: Hash, right: Hash | undefined): boolean {
  return right !== undefined && left.every((byte, index) => byte === right[index]);
}
