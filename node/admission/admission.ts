import type { Hash, Sequence } from "../../base/types.ts";
import { toHex } from "../../base/bytes.ts";
import * as outcomes from "../../consensus/execution/outcomes.ts";
import { keyText } from "../../consensus/map/key-text.ts";
import type { Write } from "../../consensus/wire/write-set.ts";
import type { BlobStore } from "../host/blob-store.ts";
import type { Logger } from "../log.ts";
import {
  CHECKS_WAITING_PER_WRITER_MAX,
  CITED_WAIT_MS_MAX,
  PROOFS_REMEMBERED_MAX,
} from "../limits.ts";
import type { Tally } from "../metrics/tally.ts";
import type { Checker } from "./checker.ts";
import type { Citables } from "./citables.ts";
import { FairQueue } from "./fair-queue.ts";
import { judgeTogether } from "./judge-together.ts";
import type { Judged, PutProofs, Waits } from "./judge-set.ts";
import { SMALL_SET_BYTES_MAX } from "./stored-set.ts";

export interface AdmissionDependencies {
  readonly blobs: BlobStore;
  readonly citables: Citables;
  /** One for each check that may run at a time. */
  readonly checkers: readonly Checker[];
  readonly checks: Tally;
  readonly monotonicMs: () => number;
  readonly log: Pick<Logger, "info" | "error">;
}

/** The write set whose values are being looked at. */
export interface AdmittedSet {
  readonly digest: Hash;
  readonly writer: string;
}

interface Job {
  readonly writer: string;
  readonly put: PutProofs;
  readonly set: SetUnderCheck;
  readonly sinceMs: number;
  readonly resolve: (code: number) => void;
  lookedAgain: boolean;
  /** The state as it was when this job was last begun. */
  judgedAt: Sequence;
  /** While it is parked. */
  waits: Waits | undefined;
}

/** What was accepted of one write set: its proofs may cite each other. */
interface SetUnderCheck {
  readonly text: string;
  readonly accepted: Map<string, Hash>;
  isClosed: boolean;
}

/**
 * Every proof is checked here before this replica acknowledges it (R8): off the voting path, on
 * threads with bounded memory, under a counted budget, the writers in turn. What it cites must
 * stand in the executed state, or have been accepted in the same write set; a proof that came before
 * them waits.
 *
 * 1. Each put is answered once, with 0 or a REFUSAL_*.
 * 2. A refusal is remembered under key, value and checker, and says nothing about the obligation.
 */
export class Admission {
  readonly #dependencies: AdmissionDependencies;
  readonly #queue = new FairQueue<Job>(CHECKS_WAITING_PER_WRITER_MAX);
  readonly #idle: Checker[];
  readonly #sets = new Map<string, SetUnderCheck>();
  /** By namespace and key of what they wait for. */
  readonly #parked = new Map<string, Job[]>();
  readonly #refused = new Map<string, number>();
  /** By writer: when a proof of its last came or was accepted. Who brings them slowly is not late. */
  readonly #progressMs = new Map<string, number>();
  /** A set that is sent again is opened again; what was accepted of it is not checked again. */
  readonly #accepted = new Map<string, number>();

  constructor(dependencies: AdmissionDependencies) {
    this.#dependencies = dependencies;
    this.#idle = [...dependencies.checkers];
  }

  /** Waiting for a checker or for what they cite, or under a checker's eyes. */
  get count(): number {
    let count = this.#queue.length + this.#dependencies.checkers.length - this.#idle.length;
    for (const jobs of this.#parked.values()) count += jobs.length;
    return count;
  }

  /** The value is here, and its form and semantic digest are as the write says. */
  admit(owner: AdmittedSet, write: Write): Promise<number> {
    const { checks, monotonicMs } = this.#dependencies;
    if (write.key === undefined || write.valueDigest === undefined) {
      return Promise.resolve(outcomes.REFUSAL_MALFORMED);
    }
    const put = { ...write, key: write.key, valueDigest: write.valueDigest };
    this.#progressed(owner.writer);
    const set = this.#setOf(owner.digest);
    const remembered = this.#refused.get(memoOf(put)) ?? this.#accepted.get(acceptedOf(set, put));
    if (remembered !== undefined) {
      checks.add("remembered");
      if (remembered === 0) this.#accept(set, put);
      return Promise.resolve(remembered);
    }
    return new Promise((resolve) => {
      const job = { writer: owner.writer, put, set, sinceMs: monotonicMs(), resolve };
      const judgedAt = this.#dependencies.citables.sequence;
      this.#enqueue({ ...job, lookedAgain: false, judgedAt, waits: undefined });
    });
  }

  /** Executed, refused or given up: its proofs are checked no more. */
  close(digest: Hash): void {
    const text = keyText(digest);
    const set = this.#sets.get(text);
    if (set === undefined) return;
    set.isClosed = true;
    this.#sets.delete(text);
  }

  /** What these wrote may be what others wait for. */
  executed(writes: readonly Write[]): void {
    if (this.#parked.size === 0) return;
    for (const { namespace, key } of writes) if (key !== undefined) this.#wake(namespace, key);
  }

  /** Called about every second. */
  sweep(): void {
    const now = this.#dependencies.monotonicMs();
    const isLate = ({ writer, sinceMs }: Job): boolean =>
      now - Math.max(sinceMs, this.#progressMs.get(writer) ?? 0) > CITED_WAIT_MS_MAX;
    // A copy: what still waits is put back, and would be met again.
    for (const [place, jobs] of [...this.#parked]) {
      for (const job of jobs.filter((one) => isLate(one) || one.set.isClosed)) {
        this.#answer(job, MISSING);
      }
      const left = jobs.filter((one) => !isLate(one) && !one.set.isClosed);
      const due = left.filter((one) => this.#mayBeHere(one));
      const parked = left.filter((one) => !due.includes(one));
      if (parked.length > 0) this.#parked.set(place, parked);
      else this.#parked.delete(place);
      for (const job of due) this.#enqueue(job);
    }
  }

  /**
   * Its row may have come by a transfer, or its bytes from a peer. Where a row stands that does not
   * do, only another will: hundreds may wait so for long, and are not judged again each time.
   */
  #mayBeHere({ put, waits, judgedAt }: Job): boolean {
    const { citables } = this.#dependencies;
    if (waits === undefined) return true;
    return waits.isThere === true
      ? citables.isChangedSince(put.namespace, waits.waitsFor, judgedAt)
      : citables.isRow(put.namespace, waits.waitsFor);
  }

  async stop(): Promise<void> {
    for (const set of this.#sets.values()) set.isClosed = true;
    await Promise.all(this.#dependencies.checkers.map((checker) => checker.close()));
  }

  #setOf(digest: Hash): SetUnderCheck {
    const text = keyText(digest);
    let set = this.#sets.get(text);
    if (set === undefined) {
      set = { text, accepted: new Map(), isClosed: false };
      this.#sets.set(text, set);
    }
    return set;
  }

  #progressed(writer: string): void {
    this.#progressMs.delete(writer);
    this.#progressMs.set(writer, this.#dependencies.monotonicMs());
    if (this.#progressMs.size <= PROGRESS_COUNT_MAX) return;
    const [oldest] = this.#progressMs.keys();
    this.#progressMs.delete(oldest!);
  }

  #enqueue(job: Job): void {
    if (!this.#queue.push(job)) {
      job.resolve(outcomes.REFUSAL_OVERLOADED);
      return;
    }
    this.#pump();
  }

  #pump(): void {
    while (this.#idle.length > 0) {
      const job = this.#queue.take();
      if (job === undefined) return;
      const isSmall = ({ put }: Job): boolean => put.size <= SMALL_SET_BYTES_MAX;
      const more = isSmall(job) ? this.#queue.takeWith(job, TOGETHER_COUNT_MAX - 1, isSmall) : [];
      void this.#run([job, ...more], this.#idle.pop()!);
    }
  }

  async #run(jobs: readonly Job[], checker: Checker): Promise<void> {
    const { blobs, citables, log } = this.#dependencies;
    const open = jobs.filter(({ set }) => !set.isClosed);
    for (const job of open) job.judgedAt = citables.sequence;
    const judged = await judgeTogether({ blobs, citables, checker }, open);
    this.#queue.done(jobs[0]!);
    this.#idle.push(checker);
    for (const job of jobs) if (!open.includes(job)) this.#answer(job, MISSING);
    for (const [index, job] of open.entries()) {
      const answer = judged[index]!;
      if ("waitsFor" in answer) {
        this.#dependencies.checks.add("waits");
        this.#park(job, answer);
      } else if ("code" in answer) this.#answer(job, answer);
      else {
        // A thread that broke, or a value that could not be read: the writer may send it again.
        log.error({ err: answer.broken }, "a proof could not be checked");
        this.#answer(job, { code: outcomes.REFUSAL_OVERLOADED, what: "broken" });
      }
    }
    this.#pump();
  }

  #park(job: Job, waits: Waits): void {
    job.waits = waits;
    // It may have come while this job ran.
    const isHere = job.set.accepted.has(keyText(waits.waitsFor)) || this.#mayBeHere(job);
    // Once: a row whose bytes are not here yet is asked about again when they are swept.
    if (isHere && !job.lookedAgain) {
      job.lookedAgain = true;
      this.#enqueue(job);
      return;
    }
    const place = placeOf(job.put.namespace, waits.waitsFor);
    const jobs = this.#parked.get(place);
    if (jobs !== undefined) jobs.push(job);
    else this.#parked.set(place, [job]);
  }

  #wake(namespace: string, key: Hash): void {
    const place = placeOf(namespace, key);
    const jobs = this.#parked.get(place);
    if (jobs === undefined) return;
    this.#parked.delete(place);
    for (const job of jobs) {
      job.lookedAgain = false;
      this.#enqueue(job);
    }
  }

  #answer(job: Job, { code, what, detail }: Exclude<Judged, Waits>): void {
    const { checks, log } = this.#dependencies;
    checks.add(what);
    const { put, set } = job;
    if (code === 0) {
      remember(this.#accepted, acceptedOf(set, put), 0);
      this.#progressed(job.writer);
      this.#accept(set, put);
    } else {
      log.info({ kind: put.kind, key: toHex(put.key), what, ...detail }, "proof not admitted");
      if (REMEMBERED.has(code)) remember(this.#refused, memoOf(put), code);
    }
    job.resolve(code);
  }

  #accept(set: SetUnderCheck, put: PutProofs): void {
    set.accepted.set(keyText(put.key), put.valueDigest);
    this.#wake(put.namespace, put.key);
  }
}

function remember(memo: Map<string, number>, name: string, code: number): void {
  if (memo.size >= PROOFS_REMEMBERED_MAX) {
    const [oldest] = memo.keys();
    memo.delete(oldest!);
  }
  memo.set(name, code);
}

/** Small sets of one writer that one order to a checker covers, while nobody else waits. */
const TOGETHER_COUNT_MAX = 16;

/** Writers who bring proofs at one time. */
const PROGRESS_COUNT_MAX = 1_024;

const MISSING = { code: outcomes.REFUSAL_PROOF_DEPENDENCY_MISSING, what: "missing" } as const;

/** What the bytes alone decide. What they cite may come yet, and broken threads are mended. */
const REMEMBERED: ReadonlySet<number> = new Set([
  outcomes.REFUSAL_PROOF_REJECTED,
  outcomes.REFUSAL_PROOF_DECLINED,
  outcomes.REFUSAL_PROOF_KEY_WRONG,
]);

/** The checker's id is the same for all of a kind, as long as this process runs. */
function memoOf({ kind, key, valueDigest }: PutProofs): string {
  return `${kind} ${keyText(key)} ${keyText(valueDigest)}`;
}

/** With its set: what it cites may have come with that alone. */
function acceptedOf({ text }: SetUnderCheck, put: PutProofs): string {
  return `${text} ${memoOf(put)}`;
}

function placeOf(namespace: string, key: Hash): string {
  return `${namespace}/${keyText(key)}`;
}
