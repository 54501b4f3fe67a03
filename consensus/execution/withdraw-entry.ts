import { equalBytes } from "../../base/bytes.ts";
import type { Hash, PublicKey, Sequence } from "../../base/types.ts";
import * as rows from "../wire/rows.ts";
import type { EntryRow } from "../wire/rows.ts";
import type { ConfirmRule } from "./confirm-rule.ts";
import { unchanged } from "./entry-change.ts";
import type { EntryChange, WriteContext } from "./entry-change.ts";
import { withoutVotes } from "./lost-votes.ts";
import * as outcomes from "./outcomes.ts";

/**
 * A writer withdraws its own operator's votes and nobody else's. A served entry leaves when what
 * remains no longer confirms it, and leaves a tombstone with its answer (R3).
 */
export function withdrawEntry(entry: EntryRow | undefined, context: WriteContext): EntryChange {
  if (entry === undefined) return unchanged(outcomes.OUTCOME_NOTHING_TO_WITHDRAW);
  // Who stands behind a disputed answer could otherwise end the dispute by leaving.
  if (entry.state === rows.ENTRY_DISPUTED) return unchanged(outcomes.OUTCOME_DISPUTED);
  const { operator } = context.writer;
  const change = withoutVotes(entry, (vote) => vote.operator === operator, context);
  return change ?? unchanged(outcomes.OUTCOME_NOTHING_TO_WITHDRAW);
}

/** What becomes of an entry when a writer is revoked: its votes are void, of a disputed one too. */
export function withoutWriter(
  entry: EntryRow,
  writer: PublicKey,
  by: { readonly rule: ConfirmRule; readonly sequence: Sequence },
): EntryChange {
  const change = withoutVotes(entry, (vote) => equalBytes(vote.writer, writer), by);
  return change ?? unchanged(outcomes.OUTCOME_ACCEPTED);
}

/** An operator key withdraws outright. `returning`: the answer that may come back, if not this one. */
export function withdrawOutright(
  entry: EntryRow | undefined,
  returning: Hash | undefined,
  context: WriteContext,
): EntryChange {
  if (entry === undefined) return unchanged(outcomes.OUTCOME_NOTHING_TO_WITHDRAW);
  const accepted = outcomes.OUTCOME_ACCEPTED;
  // Nothing was served or disputed: there is no answer that a tombstone could stand for.
  if (entry.state === rows.ENTRY_PENDING) {
    return { outcome: accepted, row: "delete", revoked: undefined };
  }
  const kind =
    entry.votes.find(({ semanticDigest }) => equalsMaybe(semanticDigest, returning))?.kind ??
    entry.kind;
  const row: EntryRow = {
    ...entry,
    kind,
    semanticDigest: returning ?? entry.semanticDigest,
    state: rows.ENTRY_WITHDRAWN,
    grade: 0,
    confidencePercent: 0,
    sequence: context.sequence,
    votes: [],
  };
  const revoked = { reason: rows.REVOKED_WITHDRAWAL, valueDigest: entry.valueDigest };
  return { outcome: accepted, row, revoked };
}

function equalsMaybe(left: Hash, right: Hash | undefined): boolean {
  return right !== undefined && equalBytes(left, right);
}
