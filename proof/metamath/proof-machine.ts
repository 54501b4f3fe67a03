import type { Meter } from "../frame/meter.ts";
import { exhaust, reject } from "../frame/stop.ts";
import { EXPRESSION_SYMBOLS_MAX, FRAME_CONCLUSION_LENGTH } from "./frame-layout.ts";
import { FRAME_ESSENTIALS, FRAME_HEAD_SIZE, FRAME_PAIRS } from "./frame-layout.ts";
import { PROOF_SYMBOLS_MAX, VARIABLE_SIZE, conclusionOf, essentialsOf } from "./frame-layout.ts";
import { GrowingInts } from "./growing-ints.ts";
import { DistinctVariables, Substitution } from "./substitution.ts";

const ARENA_FIRST = 1 << 10;
const STACK_FIRST = 1 << 5;

/**
 * The kernel: replays one proof on a stack of expressions and accepts when exactly the conclusion
 * is left. Whatever decodes proofs, of a database or of a cache, calls the same five operations;
 * this file, substitution.ts and frame-layout.ts are all that must be right for a theorem to be
 * believed.
 *
 * Expressions are slices of one arena, written once and never moved, so that pushing, saving and
 * recalling copy two numbers. Symbols are as in frame-layout.ts, a variable being the theorem's.
 */
export class ProofMachine {
  readonly #pool: GrowingInts;
  readonly #substitution = new Substitution();
  readonly distinct: DistinctVariables = new DistinctVariables();
  readonly #meter: Meter;
  #arena = new Int32Array(ARENA_FIRST);
  #size = 0;
  #starts = new Int32Array(STACK_FIRST);
  #lengths = new Int32Array(STACK_FIRST);
  #depth = 0;
  readonly #saved: GrowingInts;
  #frame = 0;
  /** Start and length in the arena of each hypothesis: variables, essentials, dummies. */
  readonly #hypotheses: GrowingInts;

  constructor(pool: GrowingInts, meter: Meter) {
    this.#pool = pool;
    this.#meter = meter;
    this.#saved = new GrowingInts(meter);
    this.#hypotheses = new GrowingInts(meter);
    meter.hold(4 * (ARENA_FIRST + 2 * STACK_FIRST));
  }

  /**
   * Starts the proof of this frame. `dummies` are the typecodes of variables that only the proof
   * uses, numbered behind the frame's. The frame's own pairs are declared distinct; more are
   * declared by the caller, as its format says.
   */
  begin(frame: number, dummies: readonly number[]): void {
    const { ints } = this.#pool;
    this.#frame = frame;
    this.#size = 0;
    this.#depth = 0;
    this.#saved.size = 0;
    this.#hypotheses.size = 0;
    const variableCount = ints[frame]!;
    for (let index = 0; index < variableCount; index++) {
      this.#addVariable(ints[frame + FRAME_HEAD_SIZE + VARIABLE_SIZE * index]!, index);
    }
    const pairs = this.#addEssentials(frame);
    dummies.forEach((typecode, index) => this.#addVariable(typecode, variableCount + index));
    this.distinct.begin(variableCount + dummies.length, this.#meter);
    for (let pair = 0; pair < ints[frame + FRAME_PAIRS]!; pair++) {
      this.distinct.declare(ints[pairs + 2 * pair]!, ints[pairs + 2 * pair + 1]!);
    }
  }

  get hypothesisCount(): number {
    return this.#hypotheses.size / 2;
  }

  get savedCount(): number {
    return this.#saved.size / 2;
  }

  get depth(): number {
    return this.#depth;
  }

  pushHypothesis(number: number): void {
    this.#meter.spend(1);
    this.#push(this.#hypotheses.at(2 * number), this.#hypotheses.at(2 * number + 1));
  }

  /** Remembers what is on top of the stack. */
  save(): void {
    const top = this.#depth - 1;
    this.#meter.spend(1);
    this.#saved.push(this.#starts[top]!);
    this.#saved.push(this.#lengths[top]!);
  }

  recall(number: number): void {
    this.#meter.spend(1);
    this.#push(this.#saved.at(2 * number), this.#saved.at(2 * number + 1));
  }

  /** One step of inference: pops the frame's arguments, pushes its conclusion. */
  apply(frame: number): void {
    const { ints } = this.#pool;
    const variableCount = ints[frame]!;
    const base = this.#depth - variableCount - ints[frame + FRAME_ESSENTIALS]!;
    if (base < 0) reject("stack-underflow", this.#meter.offset);
    this.#bind(frame, variableCount, base);
    const pairs = this.#matchEssentials(frame, base);
    const pairCount = ints[frame + FRAME_PAIRS]!;
    if (pairCount > 0) {
      const { distinct } = this;
      distinct.check(ints, pairs, pairCount, this.#substitution, this.#arena, this.#meter);
    }
    this.#depth = base;
    this.#pushConclusion(frame);
  }

  /** The proof is over: one expression, and it is what was to be proved. */
  finish(): void {
    const { offset } = this.#meter;
    if (this.#depth === 0) reject("stack-empty", offset);
    if (this.#depth > 1) reject("stack-left", offset, `${this.#depth} expressions`);
    const { ints } = this.#pool;
    const conclusion = conclusionOf(ints, this.#frame);
    const length = ints[this.#frame + FRAME_CONCLUSION_LENGTH]!;
    let equal = this.#lengths[0] === length;
    for (let index = 0; equal && index < length; index++) {
      equal = this.#arena[this.#starts[0]! + index] === ints[conclusion + index];
    }
    if (!equal) reject("conclusion-differs", offset);
  }

  #addVariable(typecode: number, number: number): void {
    this.#reserve(2);
    this.#hypotheses.push(this.#size);
    this.#hypotheses.push(2);
    this.#arena[this.#size++] = typecode;
    this.#arena[this.#size++] = ~number;
  }

  /** Answers where they end in the pool. */
  #addEssentials(frame: number): number {
    const { ints } = this.#pool;
    let at = essentialsOf(ints, frame);
    for (let count = ints[frame + FRAME_ESSENTIALS]!; count > 0; count--) {
      const length = ints[at + 1]!;
      this.#reserve(length);
      this.#hypotheses.push(this.#size);
      this.#hypotheses.push(length);
      this.#arena.set(ints.subarray(at + 2, at + 2 + length), this.#size);
      this.#size += length;
      at += 2 + length;
    }
    return at;
  }

  /** The floating hypotheses: typecodes agree, and the variables stand for what is on the stack. */
  #bind(frame: number, variableCount: number, base: number): void {
    const { ints } = this.#pool;
    const substitution = this.#substitution;
    substitution.reserve(variableCount, this.#meter);
    const { starts, lengths } = substitution;
    let at = frame + FRAME_HEAD_SIZE;
    for (let index = 0; index < variableCount; index++, at += VARIABLE_SIZE) {
      const slot = base + ints[at + 1]!;
      const start = this.#starts[slot]!;
      if (this.#arena[start] !== ints[at]) reject("typecode-differs", this.#meter.offset);
      starts[index] = start + 1;
      lengths[index] = this.#lengths[slot]! - 1;
    }
  }

  /** Answers where the pairs start. */
  #matchEssentials(frame: number, base: number): number {
    const { ints } = this.#pool;
    let at = essentialsOf(ints, frame);
    let cost = 1;
    for (let count = ints[frame + FRAME_ESSENTIALS]!; count > 0; count--) {
      const slot = base + ints[at]!;
      const length = ints[at + 1]!;
      const start = this.#starts[slot]!;
      const end = start + this.#lengths[slot]!;
      cost += length + end - start;
      if (!this.#substitution.matches(ints, at + 2, length, this.#arena, start, end)) {
        reject("hypothesis-differs", this.#meter.offset);
      }
      at += 2 + length;
    }
    this.#meter.spend(cost);
    return at;
  }

  #pushConclusion(frame: number): void {
    const { ints } = this.#pool;
    const from = conclusionOf(ints, frame);
    const count = ints[frame + FRAME_CONCLUSION_LENGTH]!;
    const length = this.#substitution.lengthOf(ints, from, count);
    if (length > EXPRESSION_SYMBOLS_MAX) exhaust("memory", this.#meter.offset, "expression");
    this.#meter.spend(length + count);
    this.#reserve(length);
    const start = this.#size;
    this.#size = this.#substitution.write(ints, from, count, this.#arena, start);
    this.#push(start, length);
  }

  #push(start: number, length: number): void {
    const depth = this.#depth;
    if (depth === this.#starts.length) this.#growStack();
    this.#starts[depth] = start;
    this.#lengths[depth] = length;
    this.#depth = depth + 1;
  }

  #growStack(): void {
    const capacity = 2 * this.#starts.length;
    this.#meter.hold(8 * capacity);
    const [starts, lengths] = [new Int32Array(capacity), new Int32Array(capacity)];
    starts.set(this.#starts);
    lengths.set(this.#lengths);
    this.#meter.release(4 * capacity);
    this.#starts = starts;
    this.#lengths = lengths;
  }

  #reserve(count: number): void {
    const needed = this.#size + count;
    if (needed <= this.#arena.length) return;
    if (needed > PROOF_SYMBOLS_MAX) exhaust("memory", this.#meter.offset, "symbols of one proof");
    const capacity = Math.min(PROOF_SYMBOLS_MAX, Math.max(2 * this.#arena.length, needed));
    this.#meter.hold(4 * capacity);
    const grown = new Int32Array(capacity);
    grown.set(this.#arena.subarray(0, this.#size));
    this.#meter.release(4 * this.#arena.length);
    this.#arena = grown;
  }
}
