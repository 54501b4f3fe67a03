import type { Meter } from "../frame/meter.ts";
import { GrowingInts } from "./growing-ints.ts";

/** How much of each list was there when a `${` opened. */
const MARK_SIZE = 4;

/**
 * What is active at one place of a database: hypotheses in order, variables, pairs of distinct
 * variables, and the essential hypotheses' symbols. `$}` takes back what came since its `${`.
 */
export class Scope {
  /** Statement numbers of active `$f` and `$e`. */
  readonly hypotheses: GrowingInts;
  /** Tokens declared by `$v`. */
  readonly variables: GrowingInts;
  /** Tokens, two by two. */
  readonly pairs: GrowingInts;
  /** Symbols of active `$e`; whatever is read behind them is taken off again. */
  readonly symbols: GrowingInts;
  readonly #marks: GrowingInts;

  constructor(meter: Meter) {
    this.hypotheses = new GrowingInts(meter);
    this.variables = new GrowingInts(meter);
    this.pairs = new GrowingInts(meter);
    this.symbols = new GrowingInts(meter);
    this.#marks = new GrowingInts(meter);
  }

  get depth(): number {
    return this.#marks.size / MARK_SIZE;
  }

  open(): void {
    for (const list of this.#lists()) this.#marks.push(list.size);
  }

  /** Each hypothesis and each variable that ends is named before it goes. */
  close(onHypothesis: (statement: number) => void, onVariable: (token: number) => void): void {
    this.#marks.size -= MARK_SIZE;
    const mark = this.#marks.size;
    const sizes = this.#marks.ints.subarray(mark, mark + MARK_SIZE);
    for (let at = sizes[0]!; at < this.hypotheses.size; at++) onHypothesis(this.hypotheses.at(at));
    for (let at = sizes[1]!; at < this.variables.size; at++) onVariable(this.variables.at(at));
    this.#lists().forEach((list, index) => {
      list.size = sizes[index]!;
    });
  }

  #lists(): readonly GrowingInts[] {
    return [this.hypotheses, this.variables, this.pairs, this.symbols];
  }
}
