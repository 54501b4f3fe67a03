import type { Hlc, PublicKey, Sequence } from "../../base/types.ts";
import type { ExecutedWriteSet } from "../application.ts";
import type { CheckedWriteSet } from "../checked.ts";
import type { HashFunction } from "../map/node-hash.ts";
import { entryStateKey } from "../map/state-keys.ts";
import { isNamespace } from "../namespace.ts";
import type { EntryRow, RevocationRecord, WriteOutcome, WriterRow } from "../wire/rows.ts";
import * as writes from "../wire/write-set.ts";
import type { Write } from "../wire/write-set.ts";
import { administer } from "./administer.ts";
import { liveEntry } from "./entries.ts";
import type { Entries } from "./entries.ts";
import { isPut, unchanged } from "./entry-change.ts";
import type { EntryChange, WriteContext } from "./entry-change.ts";
import type { KindTable } from "./kind-table.ts";
import * as outcomes from "./outcomes.ts";
import { mayWrite } from "./policy.ts";
import type { Policy } from "./policy.ts";
import { putEntry } from "./put-entry.ts";
import type { RevocationLog } from "./revocation-log.ts";
import type { Sessions } from "./sessions.ts";
import { withdrawEntry, withdrawOutright } from "./withdraw-entry.ts";

/** What the rows are read and written through. */
export interface ExecutorParts {
  readonly hash: HashFunction;
  readonly kinds: KindTable;
  readonly admitsKey: (key: PublicKey) => boolean;
  readonly sessions: Sessions;
  readonly policy: Policy;
  readonly entries: Entries;
  readonly revocations: RevocationLog;
}

/** Which execution a write belongs to. */
export interface ExecutionPoint {
  readonly sequence: Sequence;
  readonly time: Hlc;
}

/** Carries out write sets in their order, by the state as it is when each one's turn comes. */
export class Executor {
  #parts: ExecutorParts;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
  }

  writeSet(writeSet: CheckedWriteSet, point: ExecutionPoint): ExecutedWriteSet {
    const { header, digest } = writeSet;
    const { policy, sessions } = this.#parts;
    const refused = (code: number): ExecutedWriteSet => ({ writeSet, result: undefined, code });
    if (policy.writer(header.writer) === undefined) {
      return refused(outcomes.REFUSAL_NOT_ENROLLED);
    }
    const refusal = sessions.refusalOf(header, point.time);
    if (refusal !== 0) return refused(refusal);
    if (!sessions.open(header, point.time)) return refused(outcomes.REFUSAL_TOO_MANY_SESSIONS);
    const notAccepted: WriteOutcome[] = [];
    for (const [index, write] of writeSet.writes.entries()) {
      // Asked anew for each write: the one before may have retired this very writer.
      const writer = policy.writer(header.writer);
      const code =
        writer === undefined ? outcomes.OUTCOME_NOT_ALLOWED : this.#write(write, writer, point);
      if (code !== outcomes.OUTCOME_ACCEPTED) notAccepted.push({ index, code });
    }
    const { counter } = header;
    const result = { counter, sequence: point.sequence, digest, outcomes: notAccepted };
    sessions.record(header, result);
    return { writeSet, result, code: 0 };
  }

  #write(write: Write, writer: WriterRow, point: ExecutionPoint): number {
    if (write.operation === writes.OPERATION_ADMINISTER) {
      return this.#administer(write, writer, point);
    }
    if (!isNamespace(write.namespace) || write.key === undefined) {
      return outcomes.OUTCOME_MALFORMED;
    }
    if (!mayWrite(writer, write.namespace)) return outcomes.OUTCOME_NOT_ALLOWED;
    const key = entryStateKey(this.#parts.hash, write.namespace, write.key);
    return this.#change(key, write.namespace, writer, point, (entry, context) => {
      if (write.operation === writes.OPERATION_WITHDRAW) return withdrawEntry(entry, context);
      if (write.operation !== writes.OPERATION_PUT || !isPut(write)) {
        return unchanged(outcomes.OUTCOME_MALFORMED);
      }
      return putEntry(entry, write, this.#parts.kinds, context);
    });
  }

  #administer(write: Write, writer: WriterRow, point: ExecutionPoint): number {
    if (!writer.administrator) return outcomes.OUTCOME_NOT_ADMINISTRATOR;
    const operation = writes.administrationCodec.tryDecode(write.administration);
    if (operation === undefined) return outcomes.OUTCOME_MALFORMED;
    if (operation.action === writes.ADMINISTRATION_WITHDRAW) {
      if (operation.key === undefined) return outcomes.OUTCOME_MALFORMED;
      const key = entryStateKey(this.#parts.hash, write.namespace, operation.key);
      return this.#change(key, write.namespace, writer, point, (entry, context) =>
        withdrawOutright(entry, write.semanticDigest, context),
      );
    }
    const { policy, admitsKey } = this.#parts;
    const revoke = (record: Pick<RevocationRecord, "reason" | "namespace" | "key">): void => {
      this.#parts.revocations.append({ ...record, valueDigest: undefined, time: point.time });
    };
    return administer(operation, write.namespace, { policy, admitsKey, revoke });
  }

  #change(
    key: Uint8Array,
    namespace: string,
    writer: WriterRow,
    point: ExecutionPoint,
    judge: (entry: EntryRow | undefined, context: WriteContext) => EntryChange,
  ): number {
    const { entries, policy, revocations } = this.#parts;
    const before = entries.get(key);
    const entry = liveEntry(before, point.time);
    const confirmations = policy.confirmations(namespace);
    const change = judge(entry, { writer, confirmations, ...point });
    if (change.row === "delete") entries.set(key, before, undefined);
    else if (change.row !== "keep") entries.set(key, before, change.row);
    if (change.revoked !== undefined && entry !== undefined) {
      const record = { namespace, key: entry.key, time: point.time, ...change.revoked };
      revocations.append(record);
    }
    return change.outcome;
  }
}
