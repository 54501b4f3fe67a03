import type { ReplicaIndex } from "../../base/types.ts";
import type { BuiltWriteSet } from "../../consensus/build-write-set.ts";
import { TIMING_DEFAULT } from "../../consensus/replica/timing.ts";
import type { WriteSetHeader } from "../../consensus/wire/write-set.ts";
import { writeSetCodec, writeSetHeaderCodec } from "../../consensus/wire/write-set.ts";
import { EventHash } from "../simulation/world/event-hash.ts";
import { instanceCountOf } from "./scenario.ts";
import type { Round, Scenario } from "./scenario.ts";
import { TwinInstance } from "./twin-instance.ts";
import type { TwinFrame } from "./twin-instance.ts";
import { TwinsGenesis } from "./twins-genesis.ts";
import { TwinsJudge, TwinsViolation, nameOf } from "./twins-judge.ts";

export interface TwinsOutcome {
  readonly violation: { readonly checker: string; readonly what: string } | undefined;
  /** Equal for two runs exactly if they did the same. */
  readonly hash: string;
  readonly marks: Readonly<Record<string, number>>;
  /** Rounds from the healing until all was done. */
  readonly healingRounds: number;
  /** Batches that the correct executed. */
  readonly sequence: number;
}

/**
 * What passes in a round in which nobody's patience ends. The time of day goes on by this in every
 * round: only the clocks under the timers jump, so that no request lapses.
 */
const ROUND_MS = 10;
/** A jump of the clock after which every timer has run out, however often it was doubled. */
const PATIENCE_MS = TIMING_DEFAULT.timeoutMsMax + 1;
/**
 * After the healing the clocks go on in steps that grow, so that short timers come before long ones
 * and the longest is reached all the same.
 */
const HEALING_STEP_MS = 20;
const HEALING_STEP_MS_MAX = 10_000;
const HEALING_GROWTH = 1.4;
/**
 * All must be done so many rounds after the healing: the longest time-outs pass several times, one
 * for each primary and some for views whose primary has a twin.
 */
export const HEALING_ROUNDS_MAX = 60;
/** How often a client that has no answer yet asks everybody again (Castro–Liskov §4.1). */
const ASK_AGAIN_ROUNDS = 10;
/** Message delays in which a round after the healing comes to rest; more is a storm. */
const DELAYS_TO_REST_MAX = 200;
/** Frames kept for later, of a whole scenario. */
const LATE_COUNT_MAX = 20_000;

interface InFlight {
  readonly author: TwinInstance;
  readonly frame: TwinFrame;
}

/** Runs scenarios of one size of cluster, one after another. */
export class ScenarioRunner {
  readonly #shared: TwinsGenesis;

  constructor(memberCount: number, faultyMax: number) {
    this.#shared = new TwinsGenesis(memberCount, faultyMax);
  }

  run(scenario: Scenario): TwinsOutcome {
    return new ScenarioRun(this.#shared, scenario).run();
  }
}

class ScenarioRun {
  readonly #shared: TwinsGenesis;
  readonly #scenario: Scenario;
  readonly #judge: TwinsJudge;
  readonly #instances: readonly TwinInstance[];
  readonly #correct: readonly TwinInstance[];
  readonly #hash = new EventHash();
  /** What correct instances were asked for. */
  readonly #requests: {
    readonly name: string;
    readonly bytes: Uint8Array;
    readonly header: WriteSetHeader;
  }[] = [];
  #flying: InFlight[] = [];
  #late: { readonly sent: InFlight; readonly to: TwinInstance }[] = [];
  #nowMs = 0;
  #healingRounds = 0;

  constructor(shared: TwinsGenesis, scenario: Scenario) {
    this.#shared = shared;
    this.#scenario = scenario;
    const { memberCount, twins } = scenario;
    const judge = new TwinsJudge(shared, twins);
    this.#judge = judge;
    this.#instances = Array.from({ length: instanceCountOf(scenario) }, (_, place) => {
      const index = (place < memberCount ? place : twins[place - memberCount]) as ReplicaIndex;
      const isFaulty = twins.includes(index);
      const onStep = judge.step.bind(judge);
      return new TwinInstance(shared, { index, place, isFaulty, onStep });
    });
    this.#correct = this.#instances.filter(({ isFaulty }) => !isFaulty);
  }

  run(): TwinsOutcome {
    let violation: TwinsOutcome["violation"];
    try {
      this.#scenario.rounds.forEach((round, number) => this.#play(round, number));
      this.#heal();
      this.#judge.demandEqual(this.#correct);
    } catch (error) {
      violation = violationOf(error);
    }
    return {
      violation,
      hash: this.#hash.toString(),
      marks: Object.fromEntries(this.#judge.marks),
      healingRounds: this.#healingRounds,
      sequence: Math.max(...this.#correct.map(({ state }) => state.sequence)),
    };
  }

  #play({ blocks, patience, delays }: Round, number: number): void {
    this.#nowMs += ROUND_MS;
    for (const [place, instance] of this.#instances.entries()) {
      const isOver = ((patience >> (blocks[place] as number)) & 1) === 1;
      instance.monotonicMs += isOver ? PATIENCE_MS : ROUND_MS;
      instance.tick(this.#nowMs);
    }
    const blockCount = Math.max(...blocks) + 1;
    for (let block = 0; block < blockCount; block++) this.#ask(block, number, blocks);
    for (let delay = 0; delay < delays; delay++) this.#deliver(blocks);
  }

  /** Each block has a client of its own, which asks all that are in it. */
  #ask(block: number, number: number, blocks: readonly number[]): void {
    const request = this.#shared.request(block, number + 1);
    const asked = this.#instances.filter((_, place) => blocks[place] === block);
    for (const instance of asked) instance.submit(request.bytes);
    if (asked.some(({ isFaulty }) => !isFaulty)) {
      const { bytes } = request;
      this.#requests.push({ name: `${block}/${number + 1}`, bytes, header: headerOf(request) });
    }
  }

  #askAgain(): void {
    for (const { bytes, header } of this.#requests) {
      for (const instance of this.#instances) {
        if (instance.state.standingOf(header) === "open") instance.submit(bytes);
      }
    }
  }

  /** One message delay: what is in flight arrives where its author is heard, and is answered. */
  #deliver(blocks: readonly number[]): void {
    const inboxes: TwinFrame[][] = this.#instances.map(() => []);
    const late = this.#late;
    this.#late = [];
    for (const { sent, to } of late) this.#route(sent, to, blocks, inboxes);
    const flying = this.#flying;
    this.#flying = [];
    for (const sent of flying) {
      const { author, frame } = sent;
      for (const to of this.#instances) {
        if (to.index === author.index) continue;
        if (frame.to !== "all" && frame.to !== to.index) continue;
        this.#route(sent, to, blocks, inboxes);
      }
    }
    for (const [place, instance] of this.#instances.entries()) {
      const inbox = inboxes[place] as TwinFrame[];
      // Of two frames that contradict each other some hear the one first and some the other.
      if (place % 2 === 1) inbox.reverse();
      for (const frame of instance.turn(inbox, this.#nowMs)) {
        this.#hash.number((place << 16) ^ (frame.kind << 8) ^ inbox.length);
        this.#hash.number(frame.body.length);
        this.#flying.push({ author: instance, frame });
      }
    }
  }

  #route(
    sent: InFlight,
    to: TwinInstance,
    blocks: readonly number[],
    inboxes: readonly TwinFrame[][],
  ): void {
    if (blocks[sent.author.place] === blocks[to.place]) inboxes[to.place]?.push(sent.frame);
    else if (this.#scenario.late && this.#late.length < LATE_COUNT_MAX) {
      this.#late.push({ sent, to });
    }
  }

  /** Everybody hears everybody, twins included, until all that was asked for is done. */
  #heal(): void {
    const whole = this.#instances.map(() => 0);
    let stepMs = HEALING_STEP_MS;
    for (;;) {
      if (this.#healingRounds % ASK_AGAIN_ROUNDS === 0) this.#askAgain();
      this.#rest(whole);
      if (this.#isDone()) return;
      if (this.#healingRounds++ >= HEALING_ROUNDS_MAX) break;
      this.#nowMs += ROUND_MS;
      for (const instance of this.#instances) {
        instance.monotonicMs += stepMs;
        instance.tick(this.#nowMs);
      }
      stepMs = Math.min(HEALING_STEP_MS_MAX, stepMs * HEALING_GROWTH);
    }
    throw new TwinsViolation("progress after healing", this.#describe());
  }

  #rest(blocks: readonly number[]): void {
    for (let delay = 0; delay < DELAYS_TO_REST_MAX; delay++) {
      this.#deliver(blocks);
      if (this.#flying.length === 0 && this.#late.length === 0) return;
    }
    throw new TwinsViolation("no storm", `frames still fly after ${DELAYS_TO_REST_MAX} delays`);
  }

  #isDone(): boolean {
    const [first] = this.#correct;
    return this.#correct.every(({ state, replica }) => {
      const { certified } = replica.status;
      if (state.sequence !== first?.state.sequence || certified !== state.sequence) return false;
      return this.#requests.every(({ header }) => state.standingOf(header) !== "open");
    });
  }

  #describe(): string {
    const standing = this.#instances.map((instance) => {
      const { view, active, sequence, certified, pendingCount } = instance.replica.status;
      const leaving = active ? "" : " (leaving)";
      return `${nameOf(instance)} view ${view}${leaving} at ${sequence}/${certified}, ${pendingCount} wait`;
    });
    const open = this.#requests.filter(({ header }) =>
      this.#correct.some(({ state }) => state.standingOf(header) === "open"),
    );
    return `${open.map(({ name }) => name).join(" ") || "nothing"} open; ${standing.join("; ")}`;
  }
}

function headerOf({ bytes }: BuiltWriteSet): WriteSetHeader {
  return writeSetHeaderCodec.decode(writeSetCodec.decode(bytes).header);
}

function violationOf(error: unknown): { readonly checker: string; readonly what: string } {
  if (error instanceof TwinsViolation) return { checker: error.checker, what: error.message };
  const what = error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
  return { checker: "no broken invariant", what };
}
