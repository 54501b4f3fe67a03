import { errorOf, intersection, middleOf } from "../../base/time/time-interval.ts";
import type { TimeInterval } from "../../base/time/time-interval.ts";
import type { NoSample, TimeSample } from "../../base/time/time-sample.ts";
import type { TimeAnswer } from "./sntp-client.ts";
import type { TimeSource } from "./time-source.ts";
import type { ServerStatus, ServerVerdict } from "./time-status.ts";

/** Asked less often by a server (RFC 5905 §7.4): for so many of our rounds, doubling. */
const PEACE_ROUNDS_MIN = 4;
const PEACE_ROUNDS_MAX = 64;

const VERDICT_OF: Readonly<Record<NoSample, ServerVerdict>> = {
  "kiss-rate": "rate-limited",
  "kiss-deny": "denied",
  unsynchronised: "unsynchronised",
  distant: "distant",
  absurd: "absurd",
};

/** What is known of one server. */
export class ServerRecord {
  readonly source: TimeSource;
  #verdict: ServerVerdict = "not asked";
  #sample: TimeSample | undefined;
  #strays = 0;
  #why: string | undefined;
  #peaceRounds = PEACE_ROUNDS_MIN;
  #askedAgainAt = 0;

  constructor(source: TimeSource) {
    this.source = source;
  }

  /** Whether a server that asked for peace has had it. */
  mayBeAsked(round: number): boolean {
    return round >= this.#askedAgainAt;
  }

  take(answer: TimeAnswer, round: number): void {
    this.#strays += answer.strays;
    this.#sample = undefined;
    this.#why = undefined;
    if (answer.kind === "sample") {
      this.#sample = answer.sample;
      this.#peaceRounds = PEACE_ROUNDS_MIN;
      return;
    }
    this.#why = answer.why;
    this.#verdict = answer.kind === "silent" ? "silent" : VERDICT_OF[answer.why];
    if (this.#verdict === "denied") this.#askedAgainAt = Number.POSITIVE_INFINITY;
    if (this.#verdict === "rate-limited") {
      this.#askedAgainAt = round + this.#peaceRounds;
      this.#peaceRounds = Math.min(PEACE_ROUNDS_MAX, 2 * this.#peaceRounds);
    }
  }

  /** What was agreed upon after this server's sample was in. */
  judge(agreed: TimeInterval | undefined): void {
    if (this.#sample === undefined) return;
    const isTrue = agreed !== undefined && intersection(agreed, this.#sample.offset) !== undefined;
    // Where nobody agrees nobody can be called a liar.
    if (agreed === undefined) this.#verdict = "unconfirmed";
    else this.#verdict = isTrue ? "agrees" : "falseticker";
  }

  get verdict(): ServerVerdict {
    return this.#verdict;
  }

  status(clockOffsetMs: number): ServerStatus {
    const sample = this.#sample;
    return {
      name: this.source.name,
      verdict: this.#verdict,
      offsetMs: sample === undefined ? null : middleOf(sample.offset) - clockOffsetMs,
      errorMs: sample === undefined ? null : errorOf(sample.offset, middleOf(sample.offset)),
      delayMs: sample?.delayMs ?? null,
      strays: this.#strays,
      why: this.#why ?? null,
    };
  }
}
