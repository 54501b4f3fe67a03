import { toHex } from "../../base/bytes.ts";
import { WINDOW_LENGTH } from "../limits.ts";
import type { Sequence, View } from "../../base/types.ts";
import { newViewCodec, viewChangeCodec } from "../wire/agreement.ts";
import { SIGNED_VIEW_CHANGE, VOTE_PRE_PREPARE, statementCodec } from "../wire/certificate.ts";
import type { Context } from "./context.ts";
import type { Log } from "./log.ts";
import type { NewViews } from "./new-views.ts";
import type { PromiseRecord } from "./output.ts";
import { reproposalsOf } from "./reproposals.ts";
import type { Statements } from "./statements.ts";
import type { ViewChanges } from "./view-changes.ts";
import type { WeakRoots } from "./weak-roots.ts";

/** Long ago: whatever stands in the promises has waited long enough to be sent again. */
const LONG_AGO_MS = -1_000_000_000;

interface RestoringParts {
  readonly context: Context;
  readonly log: Log;
  readonly statements: Statements;
  readonly viewChanges: ViewChanges;
  readonly newViews: NewViews;
  readonly weakRoots: WeakRoots;
}

/**
 * L120: a restarted replica becomes what its promises say: the log with its certificates and
 * bodies, the watermarks, and the view that it was in or was leaving to. What it may sign was
 * rebuilt by `Safety` from the same records.
 */
export class Restoring {
  readonly #parts: RestoringParts;
  /** The last but one stable checkpoint. */
  #stable = 0 as Sequence;

  constructor(parts: RestoringParts) {
    this.#parts = parts;
  }

  restore(records: readonly PromiseRecord[]): void {
    this.#restoreWatermarks(records);
    for (const record of records) this.#restoreInstance(record);
    const { context } = this.#parts;
    if (context.safety.amnesia !== undefined) return;
    this.#restoreView();
  }

  /** Once the log is executed: what may have been lost with the process is signed again. */
  resume(): void {
    const { context, statements, viewChanges, newViews } = this.#parts;
    this.#release();
    statements.restate();
    if (context.silent) return;
    const { newestNewView, promisedViewChange } = context.safety;
    if (context.active) {
      if (context.isPrimary && newestNewView !== undefined) {
        newViews.sign(newestNewView.view, newestNewView.body);
      }
    } else if (promisedViewChange !== undefined) {
      context.sign(SIGNED_VIEW_CHANGE, promisedViewChange);
    } else {
      viewChanges.suspect();
    }
  }

  #restoreWatermarks(records: readonly PromiseRecord[]): void {
    const { context, log, statements, weakRoots } = this.#parts;
    const stable: Sequence[] = [context.boundary];
    for (const record of records) {
      if (record.type !== "stable" && record.type !== "weak-root") continue;
      const sequence = statementCodec.tryDecode(record.certificate.statement)?.sequence;
      if (sequence === undefined) continue;
      if (record.type === "weak-root") {
        weakRoots.entered(sequence);
        continue;
      }
      statements.adopt(record.certificate);
      if (!stable.includes(sequence)) stable.push(sequence);
    }
    stable.sort((left, right) => right - left);
    const low = stable[0] ?? context.boundary;
    // What the store had not reached when it crashed is still in the log, and executed from there.
    this.#stable = stable[1] ?? (0 as Sequence);
    const wanted = Math.min(this.#stable, context.executed);
    // What the log dropped is in none of its records, whichever checkpoints they still name; and
    // what an earlier epoch has left in them is no business of this one.
    const kept = Math.max(wanted, context.safety.low, context.boundary) as Sequence;
    log.advance(low, kept);
    context.safety.forget(kept);
  }

  /** What was executed again to get here is past, as it was before the crash. */
  #release(): void {
    const { context, log, statements } = this.#parts;
    const kept = Math.min(this.#stable, context.executed) as Sequence;
    if (kept <= log.kept) return;
    log.advance(log.low, kept);
    statements.prune(kept);
    context.safety.forget(kept);
    context.application.release(kept);
  }

  #restoreInstance(record: PromiseRecord): void {
    const { context, log } = this.#parts;
    const sequence = sequenceOf(record);
    if (sequence === undefined) return;
    if (sequence <= log.kept || sequence > log.high + WINDOW_LENGTH) return;
    const instance = log.at(sequence, LONG_AGO_MS);
    if (record.type === "batch") {
      const body = context.verifier.batchOfOwnLog(record.digest, record.batch);
      if (body === undefined) return;
      instance.addBody(body);
      if (sequence <= context.executed) instance.executed();
      instance.persisted.add(toHex(record.digest));
    } else if (record.type === "prepared") {
      const held = instance.prepared;
      if (held === undefined || held.view < record.certificate.view) {
        instance.prepared = record.certificate;
      }
    } else if (record.type === "committed") {
      instance.commit = record.certificate;
      instance.persisted.add("commit");
    }
  }

  #restoreView(): void {
    const { context } = this.#parts;
    const { promisedView, newestNewView } = context.safety;
    if (newestNewView !== undefined) this.#enter(newestNewView);
    const enteredView = newestNewView?.view ?? 0;
    if (promisedView > enteredView) {
      context.view = promisedView;
      context.active = false;
    }
    const proposals = context.safety
      .votesAbove(0 as Sequence)
      .filter(({ type, view }) => type === VOTE_PRE_PREPARE && view === context.view);
    const proposed = Math.max(context.proposed, ...proposals.map(({ sequence }) => sequence));
    context.proposed = proposed as Sequence;
  }

  #enter({ view, body }: { readonly view: View; readonly body: Uint8Array }): void {
    const { context, newViews } = this.#parts;
    const viewChanges = newViewCodec.decode(body).viewChanges.map((signed) => ({
      author: signed.author,
      message: viewChangeCodec.decode(signed.body),
      signed,
    }));
    const { low, list } = reproposalsOf(viewChanges, context.nullDigest);
    newViews.enter(view, low, list);
  }
}

function sequenceOf(record: PromiseRecord): Sequence | undefined {
  if (record.type === "batch") return record.sequence;
  if (record.type === "prepared" || record.type === "committed") return record.certificate.sequence;
  return undefined;
}
