import { hlcFromMs } from "../../base/hlc.ts";
import type { PublicKey } from "../../base/types.ts";
import { buildWriteSet } from "../../consensus/build-write-set.ts";
import type { Committee } from "../../consensus/committee.ts";
import { INLINE_BYTES_MAX, WRITE_SET_COUNT_MAX } from "../../consensus/limits.ts";
import { OUTCOME_ACCEPTED } from "../../consensus/execution/outcomes.ts";
import { submitCodec } from "../../consensus/wire/connection.ts";
import type { Write } from "../../consensus/wire/write-set.ts";
import { aborted, clientBusy, notSent, outcomeUnknown } from "../errors.ts";
import {
  NOT_AFTER_MARGIN_MS,
  NOT_AFTER_MS_LIMIT,
  SET_WRITE_BYTES_MAX,
  SETS_IN_FLIGHT_MAX,
  WRITES_WAITING_MAX,
} from "../limits.ts";
import type { ReaderClock } from "../link/reader-clock.ts";
import type { CancelAlarm, Sweep } from "../link/sweep.ts";
import type { Platform } from "../platform/platform.ts";
import type { Signer } from "../types.ts";
import type { Execution } from "./check-submit-answer.ts";
import type { OutgoingSet } from "./signed-set.ts";
import type { Submitter } from "./submitter.ts";
import { planRotation } from "./write-plan.ts";
import type { PlannedWrite } from "./write-plan.ts";
import { WriterSession } from "./writer-session.ts";

export interface QueueDependencies {
  readonly committee: Committee;
  readonly platform: Platform;
  readonly sweep: Sweep;
  readonly clock: ReaderClock;
  readonly submitter: Submitter;
  readonly signer: Signer;
}

/** A write's place in a set that is proven executed. */
export interface SettledWrite {
  readonly execution: Execution;
  readonly index: number;
}

interface Waiting {
  readonly planned: PlannedWrite;
  /** How long its caller waits. */
  readonly deadlineMs: number;
  readonly resolve: (settled: SettledWrite) => void;
  readonly reject: (error: unknown) => void;
  cancel: () => void;
  /** The caller has its answer, or has given up. */
  done: boolean;
  /** Whether some replica may have it. */
  reached: () => boolean;
}

/** Encoded size of a write beside its texts: digests, tags and numbers. */
const WRITE_BYTES_BASE = 160;

/**
 * Puts many writes under one signature. Whatever is asked for in one turn of the event loop leaves
 * in one set at its end, without a timer; a full set leaves at once. Small values ride inside, and
 * sets with large ones are signed apart, so that a small write never waits for an upload.
 */
export class WriteQueue {
  readonly #parts: QueueDependencies;
  readonly #sessions: Readonly<Record<"direct" | "journal", WriterSession>>;
  #waiting: Waiting[] = [];
  #scheduled = false;
  #setsInFlight = 0;
  #signer: Signer;
  /** While a key is handed on: nothing leaves but the order for it. Resolves when that has ended. */
  #rotating: Promise<void> | undefined;
  #onIdle: () => void = () => undefined;

  constructor(dependencies: QueueDependencies) {
    this.#parts = dependencies;
    this.#signer = dependencies.signer;
    const { platform } = dependencies;
    this.#sessions = { direct: new WriterSession(platform), journal: new WriterSession(platform) };
    dependencies.submitter.onExecuted(({ session, counter }) => {
      for (const own of Object.values(this.#sessions)) own.settle(session, counter);
    });
  }

  get writer(): PublicKey {
    return this.#signer.publicKey;
  }

  /**
   * Hands the writer's place to another key. What is under way ends first, what comes meanwhile
   * waits and is signed by whoever the writer is then, so no write is lost and none is refused.
   *
   * @throws QuorateError as `add`; CLIENT_BUSY when another rotation is under way
   */
  async rotate(
    successor: Signer,
    options: { readonly deadlineMs: number; readonly signal: AbortSignal | undefined },
  ): Promise<{ readonly settled: SettledWrite; readonly write: Write }> {
    if (this.#rotating !== undefined) throw clientBusy();
    let end: () => void = () => undefined;
    this.#rotating = new Promise((resolve) => (end = resolve));
    try {
      while (this.#setsInFlight > 0) {
        await new Promise<void>((resolve) => (this.#onIdle = resolve));
      }
      const planned = planRotation(this.#parts.committee, this.#signer.publicKey, successor);
      const settled = await new Promise<SettledWrite>((resolve, reject) => {
        this.#launch([this.#watched(planned, options, resolve, reject)]);
      });
      if (settled.execution.outcomeOf(settled.index) === OUTCOME_ACCEPTED) this.#signer = successor;
      return { settled, write: planned.write };
    } finally {
      this.#rotating = undefined;
      end();
      this.#flush();
    }
  }

  /** @throws QuorateError CLIENT_BUSY, NOT_SENT, OUTCOME_UNKNOWN, ABORTED, or as refused */
  add(
    planned: PlannedWrite,
    options: { readonly deadlineMs: number; readonly signal: AbortSignal | undefined },
  ): Promise<SettledWrite> {
    if (this.#waiting.length >= WRITES_WAITING_MAX) return Promise.reject(clientBusy());
    if (options.signal?.aborted === true) return Promise.reject(aborted(options.signal.reason));
    return new Promise((resolve, reject) => {
      const one = this.#watched(planned, options, resolve, reject);
      this.#waiting.push(one);
      if (this.#scheduled) return;
      this.#scheduled = true;
      this.#parts.platform.soon(() => {
        this.#scheduled = false;
        this.#flush();
      });
    });
  }

  /** All in one set, whatever else waits. */
  addTogether(
    planned: readonly PlannedWrite[],
    options: { readonly deadlineMs: number; readonly signal: AbortSignal | undefined },
  ): readonly Promise<SettledWrite>[] {
    const writes: Waiting[] = [];
    const promises = planned.map(
      (one) =>
        new Promise<SettledWrite>((resolve, reject) => {
          writes.push(this.#watched(one, options, resolve, reject));
        }),
    );
    if (this.#rotating === undefined) this.#launch(writes);
    else void this.#rotating.then(() => this.#launch(writes));
    return promises;
  }

  /** One signature over all of them. `session`: journals count in one of their own. */
  sign(
    planned: readonly PlannedWrite[],
    notAfterMs: number,
    session: "direct" | "journal" = "direct",
  ): { readonly set: OutgoingSet; readonly bytes: Uint8Array } {
    const { committee, clock, platform } = this.#parts;
    const signer = this.#signer;
    const inline = ridesInside(planned);
    const header = { writer: signer.publicKey, ...this.#sessions[session].next() };
    const notAfter = hlcFromMs(clock.clusterMs() + notAfterMs);
    const writes = planned.map(({ write }) => ({ ...write, inline: inline && write.inline }));
    const { clusterId, epoch } = committee;
    const values = inline ? planned.flatMap((one) => one.bytes ?? []) : [];
    const { bytes, digest } = buildWriteSet(
      { clusterId, epoch, ...header, notAfter, writes, values },
      (message) => signer.sign(message),
      platform.crypto.hash,
    );
    const body = submitCodec.encode({ writeSet: bytes });
    return { set: { digest, header, writes, notAfter, body, inline }, bytes };
  }

  #watched(
    planned: PlannedWrite,
    options: { readonly deadlineMs: number; readonly signal: AbortSignal | undefined },
    resolve: (settled: SettledWrite) => void,
    reject: (error: unknown) => void,
  ): Waiting {
    const { signal } = options;
    const one: Waiting = {
      planned,
      deadlineMs: options.deadlineMs,
      resolve,
      reject,
      cancel: () => undefined,
      done: false,
      reached: () => false,
    };
    const giveUp = (why: string, cause?: unknown): void => {
      // Asked first: when nobody waits any more the set is forgotten.
      const error = one.reached() ? outcomeUnknown(why, cause) : notSent(why);
      this.#finish(one, () => reject(error));
    };
    const onAbort = (): void => {
      if (one.reached()) giveUp("the caller's signal ended the wait", signal?.reason);
      else this.#finish(one, () => reject(aborted(signal?.reason)));
    };
    const deadline: CancelAlarm = this.#parts.sweep.after(options.deadlineMs, () => {
      giveUp("no proof of it came before the deadline");
    });
    signal?.addEventListener("abort", onAbort);
    one.cancel = () => {
      deadline();
      signal?.removeEventListener("abort", onAbort);
    };
    return one;
  }

  #finish(one: Waiting, settle: () => void): void {
    if (one.done) return;
    one.done = true;
    one.cancel();
    settle();
  }

  #flush(): void {
    if (this.#rotating !== undefined) return;
    while (this.#waiting.length > 0 && this.#setsInFlight < SETS_IN_FLIGHT_MAX) {
      const set = this.#takeSet();
      if (set.length > 0) this.#launch(set);
    }
  }

  /** As many from the front as one set holds; inline and uploaded values never mix. */
  #takeSet(): Waiting[] {
    const set: Waiting[] = [];
    let valueBytes = 0;
    let writeBytes = 0;
    let taken = 0;
    for (const one of this.#waiting) {
      if (one.done) {
        taken++;
        continue;
      }
      const inside = ridesInside([one.planned]);
      const first = set[0];
      if (first !== undefined && ridesInside([first.planned]) !== inside) break;
      const size = inside ? (one.planned.bytes?.length ?? 0) : 0;
      const own = encodedSizeMax(one.planned);
      const full =
        set.length === WRITE_SET_COUNT_MAX ||
        valueBytes + size > INLINE_BYTES_MAX ||
        writeBytes + own > SET_WRITE_BYTES_MAX;
      if (full) break;
      valueBytes += size;
      writeBytes += own;
      taken++;
      set.push(one);
    }
    this.#waiting.splice(0, taken);
    return set;
  }

  #launch(writes: readonly Waiting[]): void {
    const planned = writes.map((one) => one.planned);
    const deadlineMs = Math.max(...writes.map((one) => one.deadlineMs));
    const notAfterMs = Math.min(deadlineMs + NOT_AFTER_MARGIN_MS, NOT_AFTER_MS_LIMIT);
    const { set } = this.sign(planned, notAfterMs);
    const values = set.inline
      ? []
      : planned.flatMap(({ value }) => (value === undefined ? [] : [value]));
    for (const one of writes) {
      one.reached = () => this.#parts.submitter.reached(set.digest);
      const { cancel } = one;
      one.cancel = () => {
        cancel();
        if (writes.every(({ done }) => done)) {
          this.#parts.submitter.abandon(set.digest, "nobody waits for it");
        }
      };
    }
    this.#setsInFlight++;
    this.#parts.submitter
      .submit(set, values)
      .then(
        (execution) => {
          for (const [index, one] of writes.entries()) {
            this.#finish(one, () => one.resolve({ execution, index }));
          }
        },
        (error: unknown) => {
          for (const one of writes) this.#finish(one, () => one.reject(error));
        },
      )
      .finally(() => {
        this.#sessions.direct.settle(set.header.session, set.header.counter);
        this.#setsInFlight--;
        if (this.#setsInFlight === 0) this.#onIdle();
        this.#flush();
      });
  }
}

function ridesInside(planned: readonly PlannedWrite[]): boolean {
  let bytes = 0;
  for (const { bytes: inside, value } of planned) {
    if (value !== undefined && inside === undefined) return false;
    bytes += inside?.length ?? 0;
  }
  return bytes <= INLINE_BYTES_MAX;
}

/** At most four bytes of UTF-8 for two UTF-16 units. */
function encodedSizeMax({ write }: PlannedWrite): number {
  const text = write.name.length + write.namespace.length + write.kind.length;
  return WRITE_BYTES_BASE + 3 * text + write.administration.length;
}
