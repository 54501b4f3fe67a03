import { equalBytes } from "../../base/bytes.ts";
import { InvariantError } from "../../base/assert.ts";
import { expiryOf } from "../expiry.ts";
import { REPLICA_COUNT_MAX } from "../limits.ts";
import * as rows from "../wire/rows.ts";
import type { EntryRow, EntryVote } from "../wire/rows.ts";
import { confirms, disputes, ruleFor } from "./confirm-rule.ts";
import { sameAnswer, unchanged, voteOf, votesFor, withVote } from "./entry-change.ts";
import type { EntryChange, Put, WriteContext } from "./entry-change.ts";
import { gradeOfVotes } from "./grade.ts";
import type { KindTable } from "./kind-table.ts";
import * as outcomes from "./outcomes.ts";

/**
 * A put is a vote of its writer's operator for an answer (kind and semantic digest) (R3):
 *
 * 1. An answer is served once k operators that count vote for it.
 * 2. A different answer changes nothing served until it meets the rule, too: then it succeeds a
 *    versioned entry if its votes name the current version. It disputes an immutable one, if two
 *    operators at least stand behind it.
 * 3. The same answer again is a vote, and its bytes are the ones served from then on.
 * 4. The answer of a tombstone may return; a different one that meets the rule disputes with it.
 * 5. What Q replicas have checked needs no operators. It takes the place of what nobody checked,
 *    and only what was checked succeeds it: a key cannot be kept from its proof.
 *
 * `entry` is undefined also where a row is past its expiry.
 */
export function putEntry(
  entry: EntryRow | undefined,
  put: Put,
  kinds: KindTable,
  context: WriteContext,
): EntryChange {
  const mutability = kinds(put.kind);
  if (mutability === undefined) return unchanged(outcomes.OUTCOME_UNKNOWN_KIND);
  if (mutability === "immutable" && put.succeeds !== 0) {
    return unchanged(outcomes.OUTCOME_MALFORMED);
  }
  const row = entry ?? blank(put, context);
  const standing = kinds(row.kind);
  const change =
    mutability === "proved" || standing === "proved"
      ? putProved(row, put, { mutability, standing }, context)
      : // Once something stands, its class decides: no versioned answer succeeds an immutable one.
        judge(row, put, standing === "versioned", context);
  if (typeof change.row === "object" && change.row.votes.length > REPLICA_COUNT_MAX) {
    return unchanged(outcomes.OUTCOME_VOTES_FULL);
  }
  return change;
}

/** Rule 5. */
function putProved(
  row: EntryRow,
  put: Put,
  by: { readonly mutability: KindOf; readonly standing: KindOf },
  context: WriteContext,
): EntryChange {
  if (by.mutability !== "proved") return unchanged(outcomes.OUTCOME_DIFFERS);
  // What rides inside is voted for before any checker has run.
  if (put.inline) return unchanged(outcomes.OUTCOME_MALFORMED);
  const proved = { ...context, rule: ruleFor(by.mutability, context.rule) };
  if (by.standing === "proved") return judge(row, put, true, proved);
  if (put.succeeds !== 0) return unchanged(outcomes.OUTCOME_STALE_VERSION);
  const supporting = [voteOf(put, proved, row.version)];
  return succeed({ ...row, votes: [] }, put, proved, supporting);
}

type KindOf = ReturnType<KindTable>;

function judge(row: EntryRow, put: Put, versioned: boolean, context: WriteContext): EntryChange {
  switch (row.state) {
    case rows.ENTRY_PENDING:
      return putPending(row, put, context);
    case rows.ENTRY_CONFIRMED:
      return sameAnswer(row, put)
        ? affirm(row, put, context)
        : challenge(row, put, versioned, context);
    case rows.ENTRY_DISPUTED:
      return unchanged(outcomes.OUTCOME_DISPUTED);
    case rows.ENTRY_WITHDRAWN:
      return sameAnswer(row, put)
        ? returnWithdrawn(row, put, context)
        : challenge(row, put, versioned, context);
    default:
      throw new InvariantError("an entry's state is one of four", { state: row.state });
  }
}

/** Nothing was ever confirmed: all votes are for a first version. */
function putPending(row: EntryRow, put: Put, context: WriteContext): EntryChange {
  if (put.succeeds !== 0) return unchanged(outcomes.OUTCOME_STALE_VERSION);
  const votes = withVote(row.votes, voteOf(put, context, 0), undefined);
  const supporting = votesFor(votes, put, 0);
  if (confirms(supporting, context.rule)) {
    return confirmed(row, { put, context, votes, supporting, version: 1 });
  }
  return {
    outcome: outcomes.OUTCOME_PENDING,
    row: { ...row, votes, ...laterEnd(row, put, context), sequence: context.sequence },
    revoked: undefined,
  };
}

/** Of a pending entry: the latest that any vote asks for, so that no voter ends another's vote. */
function laterEnd(
  row: EntryRow,
  put: Put,
  context: WriteContext,
): Pick<EntryRow, "expiry" | "ttlMs"> {
  const asked = expiryOf(context.time, put.ttlMs);
  const later = row.expiry !== undefined && (asked === undefined || asked > row.expiry);
  return later ? { expiry: asked, ttlMs: put.ttlMs } : { expiry: row.expiry, ttlMs: row.ttlMs };
}

/**
 * Rule 3. Whoever agrees may put the end off. Nearer it comes only by an operator whose vote is
 * needed: where the others confirm the answer without it, the end rests on their votes, and an
 * operator withdraws only its own.
 */
function affirm(row: EntryRow, put: Put, context: WriteContext): EntryChange {
  const base = row.version - 1;
  if (put.succeeds !== 0 && put.succeeds !== base && put.succeeds !== row.version) {
    return unchanged(outcomes.OUTCOME_STALE_VERSION);
  }
  const asked = expiryOf(context.time, put.ttlMs);
  const longer = row.expiry !== undefined && (asked === undefined || asked > row.expiry);
  const shorter = asked !== undefined && (row.expiry === undefined || asked < row.expiry);
  const others = votesFor(row.votes, row, base).filter(
    ({ operator }) => operator !== context.writer.operator,
  );
  const moves = longer || (shorter && !confirms(others, context.rule));
  if (!moves && isRepetition(row, put, context)) return unchanged(outcomes.OUTCOME_ACCEPTED);
  const votes = withVote(row.votes, voteOf(put, context, base), row);
  const next: EntryRow = {
    ...row,
    ...gradeOfVotes(votesFor(votes, row, base), context.rule),
    ...bytesServed(put, context),
    expiry: moves ? asked : row.expiry,
    ttlMs: moves ? put.ttlMs : row.ttlMs,
    sequence: context.sequence,
    votes,
  };
  const early = moves && shorter;
  return {
    outcome: outcomes.OUTCOME_ACCEPTED,
    row: next,
    revoked: early ? { reason: rows.REVOKED_EARLY_END, valueDigest: row.valueDigest } : undefined,
  };
}

function isRepetition(row: EntryRow, put: Put, context: WriteContext): boolean {
  const { operator, writer } = context.writer;
  return (
    row.operator === operator &&
    equalBytes(row.writer, writer) &&
    equalBytes(row.valueDigest, put.valueDigest)
  );
}

/** A different answer than the one that stands: served, or withdrawn. */
function challenge(
  row: EntryRow,
  put: Put,
  versioned: boolean,
  context: WriteContext,
): EntryChange {
  const named = versioned ? row.version : 0;
  if (put.succeeds !== named) return unchanged(outcomes.OUTCOME_STALE_VERSION);
  const votes = withVote(row.votes, voteOf(put, context, named), row);
  const supporting = votesFor(votes, put, named);
  const served = row.state === rows.ENTRY_CONFIRMED;
  const meets = served && !versioned ? disputes : confirms;
  if (!meets(supporting, context.rule)) {
    return {
      outcome: served ? outcomes.OUTCOME_DIFFERS : outcomes.OUTCOME_WITHDRAWN,
      row: { ...row, votes, sequence: context.sequence },
      revoked: undefined,
    };
  }
  return versioned ? succeed(row, put, context, supporting) : dispute(row, votes, context);
}

/** All votes for earlier versions are void, and so are others that named the version now past. */
function succeed(
  row: EntryRow,
  put: Put,
  context: WriteContext,
  supporting: EntryVote[],
): EntryChange {
  const version = row.version + 1;
  const change = confirmed(row, { put, context, votes: supporting, supporting, version });
  if (row.state !== rows.ENTRY_CONFIRMED) return change;
  const revoked = { reason: rows.REVOKED_SUCCESSION, valueDigest: row.valueDigest };
  return { ...change, revoked };
}

function dispute(row: EntryRow, votes: EntryVote[], context: WriteContext): EntryChange {
  const served = row.state === rows.ENTRY_CONFIRMED;
  return {
    outcome: outcomes.OUTCOME_DISPUTED,
    row: {
      ...row,
      state: rows.ENTRY_DISPUTED,
      grade: rows.GRADE_DISPUTED,
      confidencePercent: 0,
      sequence: context.sequence,
      votes,
    },
    revoked: {
      reason: rows.REVOKED_DISPUTE,
      valueDigest: served ? row.valueDigest : undefined,
    },
  };
}

/** Rule 4. */
function returnWithdrawn(row: EntryRow, put: Put, context: WriteContext): EntryChange {
  const base = row.version - 1;
  const votes = withVote(row.votes, voteOf(put, context, base), row);
  const supporting = votesFor(votes, put, base);
  if (confirms(supporting, context.rule)) {
    return confirmed(row, { put, context, votes, supporting, version: row.version });
  }
  return {
    outcome: outcomes.OUTCOME_WITHDRAWN,
    row: { ...row, votes, sequence: context.sequence },
    revoked: undefined,
  };
}

function confirmed(
  row: EntryRow,
  by: {
    readonly put: Put;
    readonly context: WriteContext;
    readonly votes: readonly EntryVote[];
    readonly supporting: readonly EntryVote[];
    readonly version: number;
  },
): EntryChange {
  const { put, context } = by;
  return {
    outcome: outcomes.OUTCOME_ACCEPTED,
    row: {
      ...row,
      ...gradeOfVotes(by.supporting, context.rule),
      ...bytesServed(put, context),
      kind: put.kind,
      state: rows.ENTRY_CONFIRMED,
      semanticDigest: put.semanticDigest,
      source: rows.SOURCE_LOCAL,
      path: [],
      time: context.time,
      expiry: expiryOf(context.time, put.ttlMs),
      ttlMs: put.ttlMs,
      version: by.version,
      sequence: context.sequence,
      votes: by.votes,
    },
    revoked: undefined,
  };
}

function bytesServed(
  put: Put,
  context: WriteContext,
): Pick<EntryRow, "valueDigest" | "size" | "writer" | "operator" | "inline"> {
  const { writer, operator } = context.writer;
  return { valueDigest: put.valueDigest, size: put.size, writer, operator, inline: put.inline };
}

/** A key that nothing is known of. Its answer stands for nothing while it is pending. */
function blank(put: Put, context: WriteContext): EntryRow {
  return {
    namespace: put.namespace,
    key: put.key,
    name: put.name,
    kind: put.kind,
    state: rows.ENTRY_PENDING,
    grade: 0,
    confidencePercent: 0,
    valueDigest: put.valueDigest,
    size: put.size,
    semanticDigest: put.semanticDigest,
    writer: context.writer.writer,
    operator: context.writer.operator,
    source: rows.SOURCE_LOCAL,
    path: [],
    time: context.time,
    // A pending entry ends, too, or votes that never meet would stay for ever.
    expiry: expiryOf(context.time, put.ttlMs),
    ttlMs: put.ttlMs,
    version: 0,
    sequence: context.sequence,
    votes: [],
    inline: put.inline,
  };
}
