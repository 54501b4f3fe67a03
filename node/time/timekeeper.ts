import { majorityOf } from "../../base/time/agreed-interval.ts";
import { KHRONOS_DRAWS_MAX, KHRONOS_SUBSET_SIZE } from "../../base/time/khronos.ts";
import { drawSubset, khronosHolds } from "../../base/time/khronos.ts";
import { MachineTime } from "../../base/time/machine-time.ts";
import type { TimeSample } from "../../base/time/time-sample.ts";
import { TIMEKEEPING_DEFAULT, Timekeeping } from "../../base/time/timekeeping.ts";
import type { TimekeepingOptions, TimeState } from "../../base/time/timekeeping.ts";
import { askChrony } from "./chrony-tracking.ts";
import { ServerRecord } from "./server-record.ts";
import { askSntp } from "./sntp-client.ts";
import type { TimeAnswer } from "./sntp-client.ts";
import type { TimeSource } from "./time-source.ts";
import type { TimeStatus } from "./time-status.ts";

/** Between rounds once the clock is set: what public servers expect of a polite client. */
const POLL_MS_DEFAULT = 64_000;
/** Between rounds of a clock that is not set: the first such pause; each next one is doubled. */
const RETRY_MS_MIN = 1_000;
/** Until an answer counts as none: a way around the world and back is a third of it. */
const ANSWER_MS_MAX = 1_000;
/** A datagram may be lost: the silent are asked again in the same round. */
const ATTEMPTS_PER_ROUND = 3;
/** How often the bound is looked at. */
const LOOK_MS = 1_000;
/** Two clocks that were read within it were read at once. */
const MOMENT_MS = 20;
const DAY_MS = 24 * 3_600_000;

export interface TimeChange {
  readonly from: TimeState;
  readonly to: TimeState;
  readonly certain: boolean;
  readonly errorMs: number | undefined;
}

export interface TimekeeperOptions {
  readonly sources: readonly TimeSource[];
  readonly pollMs?: number;
  readonly answerMsMax?: number;
  readonly keeping?: Partial<TimekeepingOptions>;
  /** After each change of state, and whenever the clock becomes unsure or sure. */
  readonly onChange?: (change: TimeChange) => void;
  readonly machineMs?: () => number;
  readonly monotonicMs?: () => number;
  /** A whole number below the bound; for the draws of a pool. */
  readonly below?: (bound: number) => number;
  readonly ask?: (source: TimeSource) => Promise<TimeAnswer>;
}

/**
 * Keeps a clock: asks, lets `Timekeeping` decide, and tells the time. Without servers it follows
 * the machine's clock and calls itself FREE-RUNNING. It never sets the machine's clock.
 */
export class Timekeeper {
  readonly #options: TimekeeperOptions;
  readonly #keeping: Timekeeping;
  readonly #machine: MachineTime;
  readonly #records: readonly ServerRecord[];
  readonly #pollMs: number;
  #jumpsSeen = 0;
  #rounds = 0;
  #retryMs = RETRY_MS_MIN;
  #round: Promise<void> | undefined;
  #roundTimer: NodeJS.Timeout | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #told: { readonly state: TimeState; readonly certain: boolean };
  #day: number;

  constructor(options: TimekeeperOptions) {
    this.#options = options;
    this.#keeping = new Timekeeping({ ...TIMEKEEPING_DEFAULT, ...options.keeping });
    this.#records = options.sources.map((source) => new ServerRecord(source));
    this.#pollMs = options.pollMs ?? POLL_MS_DEFAULT;
    this.#machine = new MachineTime(this.monotonicMs(), this.#machineMs());
    this.#told = { state: this.state, certain: this.certain };
    this.#day = Math.floor(this.nowMs() / DAY_MS);
  }

  /** First round and the timers; resolves when the first round is over, which always ends. */
  async start(): Promise<void> {
    this.#lookTimer = setInterval(() => this.#look(), LOOK_MS);
    this.#lookTimer.unref();
    await this.#runRound();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#lookTimer);
    clearTimeout(this.#roundTimer);
    await this.#round;
  }

  monotonicMs(): number {
    return (this.#options.monotonicMs ?? monotonicMs)();
  }

  /** Milliseconds since 1970, with a fraction. */
  nowMs(): number {
    const monotonic = this.monotonicMs();
    return monotonic + this.#offsetMs(monotonic);
  }

  get state(): TimeState {
    if (this.#keeping.state !== "FREE-RUNNING") return this.#keeping.state;
    return this.#machine.settled ? "FREE-RUNNING" : "DISRUPTED";
  }

  /**
   * Whether others' times may be judged by it. Who names no server says that the machine's clock
   * is right; who names some and was never answered does not.
   */
  get certain(): boolean {
    if (this.#keeping.state !== "FREE-RUNNING") return this.#keeping.certain;
    return this.#records.length === 0 && this.#machine.settled;
  }

  /** @param leadMs How far a logical clock over this one is ahead of it. */
  status(leadMs: number): TimeStatus {
    const machineMs = this.#machineMs();
    const monotonic = this.monotonicMs();
    const offsetMs = this.#offsetMs(monotonic);
    const timeMs = monotonic + offsetMs;
    return {
      state: this.state,
      certain: this.certain,
      degraded: this.#keeping.degraded,
      timeMs,
      errorMs: this.#keeping.errorMs(monotonic) ?? null,
      machineMs: machineMs - timeMs,
      leadMs,
      driftPpm: this.#keeping.driftPpm,
      leap: this.#keeping.leap,
      rounds: this.#rounds,
      servers: this.#records.map((record) => record.status(offsetMs)),
    };
  }

  #machineMs(): number {
    return (this.#options.machineMs ?? Date.now)();
  }

  #offsetMs(monotonic: number): number {
    const machineMs = this.#machineMs();
    // A process that was held between the two has not seen a jump.
    const isOneMoment = this.monotonicMs() - monotonic < MOMENT_MS;
    const machineOffsetMs = isOneMoment
      ? this.#machine.follow(monotonic, machineMs)
      : this.#machine.offsetMs;
    if (this.#machine.jumpCount !== this.#jumpsSeen) {
      this.#jumpsSeen = this.#machine.jumpCount;
      this.#keeping.disrupt();
      // Not from here: whoever asks for the time wants nothing else.
      if (this.#lookTimer !== undefined) this.#schedule(0);
    }
    return this.#keeping.offsetMs(monotonic) ?? machineOffsetMs;
  }

  #look(): void {
    const nowMs = this.nowMs();
    const day = Math.floor(nowMs / DAY_MS);
    if (day !== this.#day) this.#keeping.leapPassed();
    this.#day = day;
    this.#keeping.look(this.monotonicMs());
    this.#tell();
  }

  #tell(): void {
    const { state, certain } = this;
    const { state: from, certain: wasCertain } = this.#told;
    if (state === from && certain === wasCertain) return;
    this.#told = { state, certain };
    const errorMs = this.#keeping.errorMs(this.monotonicMs());
    this.#options.onChange?.({ from, to: state, certain, errorMs });
  }

  #schedule(afterMs: number): void {
    if (this.#isClosed || this.#records.length === 0) return;
    clearTimeout(this.#roundTimer);
    this.#roundTimer = setTimeout(() => void this.#runRound(), afterMs);
    this.#roundTimer.unref();
  }

  /** One at a time; never rejects. */
  async #runRound(): Promise<void> {
    if (this.#isClosed || this.#records.length === 0 || this.#round !== undefined) return;
    this.#round = this.#ask();
    await this.#round;
    this.#round = undefined;
    this.#tell();
    this.#schedule(this.#pauseMs());
  }

  #pauseMs(): number {
    if (this.#keeping.state === "SYNCHRONISED") {
      this.#retryMs = RETRY_MS_MIN;
      return this.#pollMs;
    }
    const pauseMs = Math.min(this.#retryMs, this.#pollMs);
    this.#retryMs = Math.min(2 * this.#retryMs, this.#pollMs);
    return pauseMs;
  }

  async #ask(): Promise<void> {
    const all = this.#records;
    const jumps = this.#jumpsSeen;
    // A clock that nobody has set yet has nothing to compare a part with.
    const isSet = this.#keeping.offsetMs(this.monotonicMs()) !== undefined;
    const drawsMax = isSet && all.length > KHRONOS_SUBSET_SIZE ? KHRONOS_DRAWS_MAX : 0;
    for (let draw = 0; draw < drawsMax; draw++) {
      const places = drawSubset(all.length, KHRONOS_SUBSET_SIZE, this.#options.below ?? below);
      const asked = places.map((place) => all[place]!);
      const samples = await this.#sample(asked);
      const offsets = samples.map(({ offset }) => offset);
      const heldMs = this.#keeping.offsetMs(this.monotonicMs());
      if (khronosHolds(offsets, asked.length, heldMs)) {
        this.#decide(asked, samples, jumps);
        return;
      }
    }
    this.#decide(all, await this.#sample(all), jumps);
  }

  #decide(asked: readonly ServerRecord[], samples: readonly TimeSample[], jumps: number): void {
    const monotonic = this.monotonicMs();
    this.#offsetMs(monotonic);
    // Questions and answers of before and after a jump measure nothing.
    if (this.#isClosed || this.#jumpsSeen !== jumps) return;
    this.#keeping.round(monotonic, { asked: asked.length, samples });
    const { state } = this.#keeping;
    const agreed = state === "SYNCHRONISED" ? this.#keeping.interval(monotonic) : undefined;
    for (const record of asked) record.judge(agreed);
  }

  /** All at once, the silent again; a server that asked for peace counts among the silent. */
  async #sample(records: readonly ServerRecord[]): Promise<readonly TimeSample[]> {
    const round = ++this.#rounds;
    const enough = majorityOf(records.length);
    const samples: TimeSample[] = [];
    let left = records.filter((record) => record.mayBeAsked(round));
    for (let attempt = 0; attempt < ATTEMPTS_PER_ROUND && left.length > 0; attempt++) {
      if (samples.length >= enough) break;
      const answers = await Promise.all(left.map((record) => this.#askOne(record.source)));
      left = left.filter((record, index) => {
        const answer = answers[index]!;
        record.take(answer, round);
        if (answer.kind === "sample") samples.push(answer.sample);
        return answer.kind === "silent" && !this.#isClosed;
      });
    }
    return samples;
  }

  #askOne(source: TimeSource): Promise<TimeAnswer> {
    if (this.#options.ask !== undefined) return this.#options.ask(source);
    const timeoutMs = this.#options.answerMsMax ?? ANSWER_MS_MAX;
    const clock = (): number => this.monotonicMs();
    if (source.kind === "chrony") {
      return askChrony({ timeoutMs, monotonicMs: clock, machineMs: () => this.#machineMs() });
    }
    const { host, port } = source;
    return askSntp({ host, port, timeoutMs, monotonicMs: clock });
  }
}

function monotonicMs(): number {
  return performance.now();
}

function below(bound: number): number {
  return Math.floor(Math.random() * bound);
}
