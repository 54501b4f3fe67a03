import type { Hlc, PublicKey, Sequence } from "../../base/types.ts";
import type { ExecutedWriteSet } from "../application.ts";
import type { CheckedRemoval, CheckedWriteSet } from "../checked.ts";
import type { HashFunction } from "../map/node-hash.ts";
import { entryStateKey } from "../map/state-keys.ts";
import { isNamespace } from "../namespace.ts";
import type { EntryRow, RevocationRecord, WriteOutcome, WriterRow } from "../wire/rows.ts";
import * as writes from "../wire/write-set.ts";
import type { Write } from "../wire/write-set.ts";
import { administer } from "./administer.ts";
import type { Administering } from "./administer.ts";
import type { Configurations } from "./configurations.ts";
import { liveEntry } from "./entries.ts";
import type { Entries } from "./entries.ts";
import { ruleFor } from "./confirm-rule.ts";
import { isPut, unchanged } from "./entry-change.ts";
import type { EntryChange, WriteContext } from "./entry-change.ts";
import type { KindTable } from "./kind-table.ts";
import * as outcomes from "./outcomes.ts";
import { mayWrite } from "./policy.ts";
import type { Policy } from "./policy.ts";
import { putEntry } from "./put-entry.ts";
import type { Quarantine } from "./quarantine.ts";
import { resolveEntry } from "./resolve-entry.ts";
import type { RevocationLog } from "./revocation-log.ts";
import type { RevokedWriters } from "./revoked-writers.ts";
import { rotateKey } from "./rotate-key.ts";
import type { Rotating } from "./rotate-key.ts";
import type { Sessions } from "./sessions.ts";
import { withdrawEntry, withdrawOutright, withoutWriter } from "./withdraw-entry.ts";

/** What the rows are read and written through. */
export interface ExecutorParts {
  readonly hash: HashFunction;
  readonly kinds: KindTable;
  readonly admitsKey: (key: PublicKey) => boolean;
  readonly sessions: Sessions;
  readonly policy: Policy;
  readonly entries: Entries;
  readonly revocations: RevocationLog;
  readonly revokedWriters: RevokedWriters;
  readonly quarantine: Quarantine;
  readonly configurations: Configurations;
  readonly verify: Rotating["verify"];
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
    if (!mayWrite(writer, write.namespace, write.name)) return outcomes.OUTCOME_NOT_ALLOWED;
    const key = entryStateKey(this.#parts.hash, write.namespace, write.key);
    return this.#change(key, write.namespace, writer, point, (entry, context) => {
      if (write.operation === writes.OPERATION_WITHDRAW) {
        const rule = ruleFor(this.#parts.kinds(entry?.kind ?? ""), context.rule);
        return withdrawEntry(entry, { ...context, rule });
      }
      if (write.operation !== writes.OPERATION_PUT || !isPut(write)) {
        return unchanged(outcomes.OUTCOME_MALFORMED);
      }
      const { valueBytesMax, ttlMsMax } = context.rule;
      if (valueBytesMax > 0 && write.size > valueBytesMax) {
        return unchanged(outcomes.OUTCOME_VALUE_TOO_LARGE);
      }
      const put = ttlMsMax === 0 ? write : { ...write, ttlMs: atMost(write.ttlMs, ttlMsMax) };
      return putEntry(entry, put, this.#parts.kinds, context);
    });
  }

  /** Members leave for their silence, unless an operator has just decided otherwise. */
  remove(removal: CheckedRemoval, point: ExecutionPoint): void {
    const { configurations, quarantine } = this.#parts;
    configurations.remove(removal, point, quarantine.replicas);
  }

  /** Some of the votes that revoked writers have left behind. */
  sweep(point: ExecutionPoint): void {
    const { entries, kinds, policy, revokedWriters } = this.#parts;
    revokedWriters.sweep(point.sequence, (key, writer, sequence) => {
      const entry = entries.get(key);
      if (entry === undefined) return;
      const rule = ruleFor(kinds(entry.kind), policy.namespace(entry.namespace));
      this.#apply(key, entry, withoutWriter(entry, writer, { rule, sequence }), point);
    });
  }

  #administer(write: Write, writer: WriterRow, point: ExecutionPoint): number {
    const operation = writes.administrationCodec.tryDecode(write.administration);
    if (operation?.action === writes.ADMINISTRATION_QUARANTINE) {
      const committee = this.#parts.configurations.committeeAt(point.sequence);
      return this.#parts.quarantine.accuse(operation.evidence, committee, point);
    }
    if (operation?.action === writes.ADMINISTRATION_ROTATE) {
      return rotateKey(operation.rotation, writer, point, this.#rotating(point));
    }
    if (!writer.administrator) return outcomes.OUTCOME_NOT_ADMINISTRATOR;
    if (operation === undefined) return outcomes.OUTCOME_MALFORMED;
    const { action } = operation;
    if (action === writes.ADMINISTRATION_WITHDRAW || action === writes.ADMINISTRATION_RESOLVE) {
      return this.#decide(write, operation, writer, point);
    }
    if (action === writes.ADMINISTRATION_RECONFIGURE) {
      const { configurations, quarantine } = this.#parts;
      const { reconfiguration } = operation;
      return configurations.decide(reconfiguration, point.sequence, quarantine.replicas);
    }
    return administer(operation, write.namespace, this.#administering(point));
  }

  #administering(point: ExecutionPoint): Administering {
    const { policy, admitsKey, revokedWriters } = this.#parts;
    const revoke = (record: Pick<RevocationRecord, "reason" | "namespace" | "key">): void => {
      this.#parts.revocations.append({ ...record, valueDigest: undefined, time: point.time });
    };
    return { policy, admitsKey, revoke, revokedWriters };
  }

  #rotating(point: ExecutionPoint): Rotating {
    const { configurations, sessions, verify } = this.#parts;
    const committee = configurations.committeeAt(point.sequence);
    return { ...this.#administering(point), sessions, committee, verify };
  }

  /** What an operator key may do to an entry. */
  #decide(
    write: Write,
    operation: writes.Administration,
    writer: WriterRow,
    point: ExecutionPoint,
  ): number {
    if (operation.key === undefined) return outcomes.OUTCOME_MALFORMED;
    const key = entryStateKey(this.#parts.hash, write.namespace, operation.key);
    return this.#change(key, write.namespace, writer, point, (entry, context) => {
      if (operation.action === writes.ADMINISTRATION_WITHDRAW) {
        return withdrawOutright(entry, write.semanticDigest, context);
      }
      const { semanticDigest: keep } = operation;
      if (keep === undefined) return unchanged(outcomes.OUTCOME_MALFORMED);
      const mutability = entry && this.#parts.kinds(entry.kind);
      const isVersioned = mutability !== undefined && mutability !== "immutable";
      if (isVersioned) return unchanged(outcomes.OUTCOME_NO_SUCH_ANSWER);
      return resolveEntry(entry, keep, context);
    });
  }

  #change(
    key: Uint8Array,
    namespace: string,
    writer: WriterRow,
    point: ExecutionPoint,
    judge: (entry: EntryRow | undefined, context: WriteContext) => EntryChange,
  ): number {
    const { entries, policy } = this.#parts;
    const before = entries.get(key);
    const entry = liveEntry(before, point.time);
    const rule = policy.namespace(namespace);
    const change = judge(entry, { writer, rule, ...point });
    this.#apply(key, before, change, point, entry);
    return change.outcome;
  }

  /** `entry`: the row unless it has ended; what is revoked is revoked of it. */
  #apply(
    key: Uint8Array,
    before: EntryRow | undefined,
    change: EntryChange,
    point: ExecutionPoint,
    entry: EntryRow | undefined = before,
  ): void {
    const { entries, revocations } = this.#parts;
    if (change.row === "delete") entries.set(key, before, undefined);
    else if (change.row !== "keep") entries.set(key, before, change.row);
    if (change.revoked === undefined || entry === undefined) return;
    const { namespace } = entry;
    revocations.append({ namespace, key: entry.key, time: point.time, ...change.revoked });
  }
}

/** Of times to live, where 0 is without end. */
function atMost(ttlMs: number, max: number): number {
  return ttlMs === 0 || ttlMs > max ? max : ttlMs;
}
