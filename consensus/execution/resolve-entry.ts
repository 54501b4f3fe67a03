import { equalBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import * as rows from "../wire/rows.ts";
import type { EntryRow } from "../wire/rows.ts";
import { countOf } from "./confirm-rule.ts";
import { sameAnswer, unchanged } from "./entry-change.ts";
import type { EntryChange, WriteContext } from "./entry-change.ts";
import { gradeOfVotes } from "./grade.ts";
import * as outcomes from "./outcomes.ts";

/**
 * An operator key decides between the answers of an entry: this one is served from now on, and
 * every vote for another one is void. It can only choose what somebody has put. A versioned class
 * settles its differences by succession and is left alone.
 */
export function resolveEntry(
  entry: EntryRow | undefined,
  keep: Hash,
  context: WriteContext,
): EntryChange {
  const chosen = entry?.votes.filter(({ semanticDigest }) => equalBytes(semanticDigest, keep));
  // Of those that count the latest, else the latest.
  const latest = (chosen ?? [])
    .toSorted((left, right) => left.sequence - right.sequence)
    .toSorted((left, right) => countOf([left], context.rule) - countOf([right], context.rule))
    .at(-1);
  if (entry === undefined || latest === undefined || entry.version > 1) {
    return unchanged(outcomes.OUTCOME_NO_SUCH_ANSWER);
  }
  const votes = entry.votes
    .filter((vote) => sameAnswer(vote, latest))
    .map((vote) => ({ ...vote, version: 0 }));
  const { kind, valueDigest, size, writer, operator, semanticDigest } = latest;
  const isReplaced = entry.state === rows.ENTRY_CONFIRMED && !sameAnswer(entry, latest);
  return {
    outcome: outcomes.OUTCOME_ACCEPTED,
    row: {
      ...entry,
      ...gradeOfVotes(votes, context.rule),
      ...{ kind, valueDigest, size, writer, operator, semanticDigest, votes },
      state: rows.ENTRY_CONFIRMED,
      inline: false,
      version: 1,
      time: context.time,
      sequence: context.sequence,
    },
    revoked: isReplaced
      ? { reason: rows.REVOKED_WITHDRAWAL, valueDigest: entry.valueDigest }
      : undefined,
  };
}
