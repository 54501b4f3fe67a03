import type { QuorateError } from "../../base/quorate-error.ts";
import { aborted, clientClosed, clusterUnreachable, noAnswer } from "../errors.ts";
import { ROUND_PAUSE_MS, UNREACHABLE_MS_MAX } from "../limits.ts";
import type { Fleet } from "./fleet.ts";
import type { Lie } from "./health-notes.ts";
import type { Question } from "./questions.ts";
import type { ReplicaLink } from "./replica-link.ts";
import type { CancelAlarm, Sweep } from "./sweep.ts";

/** What the asker makes of one replica's answer. */
export type Judgement<T> =
  | { readonly type: "accepted"; readonly value: T }
  /** It does not hold: noted against the replica. */
  | { readonly type: "lie"; readonly reason: Lie }
  /** Honest, but of no use now: ask another, and this one again later. */
  | { readonly type: "declined" };

export interface HedgedOptions<A, T> {
  /** Made anew for each asking: floor and known root may have moved. */
  readonly question: () => Question<A>;
  readonly judge: (answer: A, link: ReplicaLink) => Judgement<T>;
  /** What was asked for, for the error's text. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Asks the best replica; when it is later than nearly all its answers are, the next one too; when
 * it declines, lies or is lost, the next one at once. The first answer that holds wins. When all
 * were asked in vain the round begins again, until the deadline.
 */
export function askHedged<A extends object, T>(
  fleet: Fleet,
  sweep: Sweep,
  options: HedgedOptions<A, T>,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    new HedgedQuestion<A, T>(fleet, sweep, options, resolve, reject).start();
  });
}

class HedgedQuestion<A extends object, T> {
  readonly #fleet: Fleet;
  readonly #sweep: Sweep;
  readonly #options: HedgedOptions<A, T>;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: QuorateError) => void;
  readonly #asked = new Set<ReplicaLink>();
  readonly #pending = new Set<ReplicaLink>();
  #hedge: CancelAlarm | undefined;
  #deadline: CancelAlarm | undefined;
  #unreachable: CancelAlarm | undefined;
  #done = false;
  #pauseMs = ROUND_PAUSE_MS;
  readonly #onAbort = (): void => this.#fail(aborted(this.#options.signal?.reason));

  constructor(
    fleet: Fleet,
    sweep: Sweep,
    options: HedgedOptions<A, T>,
    resolve: (value: T) => void,
    reject: (error: QuorateError) => void,
  ) {
    this.#fleet = fleet;
    this.#sweep = sweep;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const { signal, deadlineMs, what } = this.#options;
    if (signal?.aborted === true) return this.#onAbort();
    signal?.addEventListener("abort", this.#onAbort);
    this.#deadline = this.#sweep.after(deadlineMs, () => {
      if (this.#sweep.closed) this.#fail(clientClosed());
      else this.#fail(this.#fleet.open.length === 0 ? clusterUnreachable(what) : noAnswer(what));
    });
    this.#askNext();
  }

  #askNext(): void {
    if (this.#done) return;
    this.#hedge?.();
    const next = this.#fleet.ranked().find((link) => !this.#asked.has(link));
    if (next === undefined) return this.#pause();
    this.#asked.add(next);
    if (!this.#pending.has(next)) this.#ask(next);
    else this.#askNext();
  }

  #ask(link: ReplicaLink): void {
    const sent = link.ask(this.#options.question(), (answer) => this.#onAnswer(link, answer));
    if (!sent) return this.#askNext();
    this.#pending.add(link);
    this.#hedge = this.#sweep.after(link.health.hedgeMs, () => {
      link.health.stalled();
      this.#askNext();
    });
  }

  #onAnswer(link: ReplicaLink, answer: A | undefined): void {
    this.#pending.delete(link);
    if (this.#done) return;
    const judgement: Judgement<T> =
      answer === undefined ? { type: "declined" } : this.#options.judge(answer, link);
    if (judgement.type === "accepted") {
      link.health.proved();
      this.#finish();
      this.#resolve(judgement.value);
      return;
    }
    if (judgement.type === "lie") link.lied(judgement.reason);
    this.#askNext();
  }

  /** Everybody was asked: begin again a little later, with those who owe no answer. */
  #pause(): void {
    if (this.#fleet.open.length === 0) this.#watchReach();
    this.#hedge = this.#sweep.after(this.#pauseMs, () => {
      this.#pauseMs = Math.min(this.#pauseMs * 2, 16 * ROUND_PAUSE_MS);
      this.#asked.clear();
      this.#askNext();
    });
  }

  /** With no replica connected the call ends long before its deadline: nobody should hang. */
  #watchReach(): void {
    this.#unreachable ??= this.#sweep.after(UNREACHABLE_MS_MAX, () => {
      this.#unreachable = undefined;
      if (this.#fleet.open.length === 0) this.#fail(clusterUnreachable(this.#options.what));
    });
  }

  #fail(error: QuorateError): void {
    if (this.#done) return;
    this.#finish();
    this.#reject(error);
  }

  #finish(): void {
    this.#done = true;
    this.#hedge?.();
    this.#deadline?.();
    this.#unreachable?.();
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
  }
}
