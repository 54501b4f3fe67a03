import type { Prng } from "../../base/prng.ts";
import type { BlockCoverage } from "./block-coverage.ts";
import { mutate } from "./mutate.ts";
import type { FuzzTarget } from "./target.ts";

/** Inputs of a target that are worth starting from; the oldest found go first. */
const CORPUS_COUNT_MAX = 256;
/** Coverage is asked for once in so many inputs: asking costs more than most decoders do. */
const BATCH_COUNT = 128;
/** Findings kept of one target; the next thousand mostly say the same. */
const FINDINGS_MAX = 8;

export interface Finding {
  readonly target: string;
  readonly input: Uint8Array;
  readonly what: string;
}

export interface FuzzReport {
  readonly target: string;
  readonly inputCount: number;
  readonly acceptedCount: number;
  readonly corpusCount: number;
  readonly findings: readonly Finding[];
}

export interface FuzzOptions {
  readonly inputCount: number;
  readonly prng: Prng;
  /** Absent: blind, which is several times faster and reaches less deep. */
  readonly coverage?: BlockCoverage;
  /** What earlier runs of the same target found worth starting from; added to. */
  readonly corpus?: Uint8Array[];
  readonly isStopped?: () => boolean;
  readonly onBatch?: (inputCount: number) => void;
}

/**
 * Feeds one target: its seeds, then mutations of what has been worth it. An input is worth it when
 * the batch that it was in ran a block that had never run; then that batch is fed again one by one.
 */
export async function fuzzTarget(target: FuzzTarget, options: FuzzOptions): Promise<FuzzReport> {
  const run = new FuzzRun(target, options);
  await run.seeds();
  while (run.inputCount < options.inputCount && options.isStopped?.() !== true) await run.batch();
  return run.report();
}

class FuzzRun {
  readonly #target: FuzzTarget;
  readonly #options: FuzzOptions;
  readonly #corpus: Uint8Array[];
  readonly #findings: Finding[] = [];
  #acceptedCount = 0;
  inputCount = 0;

  constructor(target: FuzzTarget, options: FuzzOptions) {
    this.#target = target;
    this.#options = options;
    this.#corpus = options.corpus ?? [];
    if (this.#corpus.length === 0) this.#corpus.push(new Uint8Array(0), ...target.seeds);
  }

  /** A seed that is refused is a fault of the target's: it would start nowhere. */
  async seeds(): Promise<void> {
    for (const seed of this.#target.seeds) {
      if (!(await this.#feed(seed))) this.#note(seed, "a seed was refused");
    }
    this.#options.coverage?.takeNew();
  }

  async batch(): Promise<void> {
    const { coverage, inputCount, prng, onBatch } = this.#options;
    const inputs: Uint8Array[] = [];
    const count = Math.min(BATCH_COUNT, inputCount - this.inputCount);
    for (let index = 0; index < count; index++) {
      inputs.push(mutate(this.#pick(prng), this.#pick(prng), prng));
    }
    for (const input of inputs) await this.#feed(input);
    if (coverage !== undefined && coverage.takeNew().length > 0) await this.#keepWorthy(inputs);
    onBatch?.(count);
  }

  report(): FuzzReport {
    return {
      target: this.#target.name,
      inputCount: this.inputCount,
      acceptedCount: this.#acceptedCount,
      corpusCount: this.#corpus.length,
      findings: this.#findings,
    };
  }

  #pick(prng: Prng): Uint8Array {
    return this.#corpus[prng.below(this.#corpus.length)]!;
  }

  /** Which one it was: those that are taken or refused later than most, so the longest of each. */
  async #keepWorthy(inputs: readonly Uint8Array[]): Promise<void> {
    const before = this.#acceptedCount;
    for (const input of inputs) {
      const accepted = this.#acceptedCount;
      await this.#feed(input);
      this.inputCount--;
      if (this.#acceptedCount > accepted) this.#keep(input);
    }
    this.#acceptedCount = before;
    // None was taken, and yet something new ran: any of them may lead on.
    this.#keep(inputs[this.#options.prng.below(inputs.length)]!);
    this.#options.coverage?.takeNew();
  }

  #keep(input: Uint8Array): void {
    this.#corpus.push(input);
    const first = 1 + this.#target.seeds.length;
    if (this.#corpus.length > CORPUS_COUNT_MAX + first) this.#corpus.splice(first, 1);
  }

  async #feed(input: Uint8Array): Promise<boolean> {
    this.inputCount++;
    const copy = input.slice();
    try {
      const taken = this.#target.feed(copy);
      const accepted = typeof taken === "boolean" ? taken : await taken;
      if (accepted) this.#acceptedCount++;
      if (!sameBytes(copy, input)) this.#note(input, "the input itself was changed");
      return accepted;
    } catch (error) {
      this.#note(input, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      return false;
    }
  }

  #note(input: Uint8Array, what: string): void {
    if (this.#findings.length >= FINDINGS_MAX) return;
    if (this.#findings.some((finding) => finding.what === what)) return;
    this.#findings.push({ target: this.#target.name, input, what });
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
