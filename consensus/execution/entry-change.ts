import { compareBytes, equalBytes } from "../../base/bytes.ts";
import type { Hash, Hlc, Sequence } from "../../base/types.ts";
import type { ConfirmRule } from "./confirm-rule.ts";
import { compareNames } from "./name-index.ts";
import type { EntryRow, EntryVote, NamespaceRow, WriterRow } from "../wire/rows.ts";
import type { Write } from "../wire/write-set.ts";

/** What a write to an entry is judged by, beside the entry itself. */
export interface WriteContext {
  readonly writer: WriterRow;
  readonly time: Hlc;
  readonly sequence: Sequence;
  /** Of the namespace. */
  readonly rule: NamespaceRow & ConfirmRule;
}

/** What one write does to one entry. */
export interface EntryChange {
  /** OUTCOME_*. */
  readonly outcome: number;
  /** The new row, "delete", or "keep" the old one as it is. */
  readonly row: EntryRow | "delete" | "keep";
  /** To be appended to the revocation log. */
  readonly revoked: { readonly reason: number; readonly valueDigest: Hash | undefined } | undefined;
}

/** A put whose fields its operation needs are all there. */
export interface Put extends Write {
  readonly key: Hash;
  readonly valueDigest: Hash;
  readonly semanticDigest: Hash;
}

/** What operators agree or differ on. */
export interface Answer {
  readonly kind: string;
  readonly semanticDigest: Hash;
}

export function isPut(write: Write): write is Put {
  return (
    write.key !== undefined && write.valueDigest !== undefined && write.semanticDigest !== undefined
  );
}

export function unchanged(outcome: number): EntryChange {
  return { outcome, row: "keep", revoked: undefined };
}

export function sameAnswer(left: Answer, right: Answer): boolean {
  return left.kind === right.kind && equalBytes(left.semanticDigest, right.semanticDigest);
}

/** `version`: the one that the vote succeeds. */
export function voteOf(put: Put, context: WriteContext, version: number): EntryVote {
  return {
    operator: context.writer.operator,
    writer: context.writer.writer,
    semanticDigest: put.semanticDigest,
    valueDigest: put.valueDigest,
    size: put.size,
    version,
    time: context.time,
    sequence: context.sequence,
    kind: put.kind,
  };
}

/**
 * The votes with this one. An operator has at most one vote for the answer that stands and one,
 * its latest, for any other: it counts once for each, and cannot fill the row alone.
 */
export function withVote(
  votes: readonly EntryVote[],
  vote: EntryVote,
  standing: Answer | undefined,
): EntryVote[] {
  const supports = (each: Answer): boolean => standing !== undefined && sameAnswer(each, standing);
  const others = votes.filter(
    (each) => each.operator !== vote.operator || supports(each) !== supports(vote),
  );
  return [...others, vote].sort(
    (left, right) =>
      compareNames(left.operator, right.operator) ||
      compareBytes(left.semanticDigest, right.semanticDigest),
  );
}

/** Votes for an answer that succeed this version: one an operator, so their number is theirs. */
export function votesFor(
  votes: readonly EntryVote[],
  answer: Answer,
  version: number,
): EntryVote[] {
  return votes.filter((each) => each.version === version && sameAnswer(each, answer));
}
