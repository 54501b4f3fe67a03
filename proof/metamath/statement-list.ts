import type { Meter } from "../frame/meter.ts";
import { GrowingInts } from "./growing-ints.ts";

export const FLOATING = 1;
export const ESSENTIAL = 2;
export const AXIOM = 3;
export const THEOREM = 4;
type StatementKind = typeof FLOATING | typeof ESSENTIAL | typeof AXIOM | typeof THEOREM;

/** What became of a theorem's proof. */
export const UNCHECKED = 0;
export const ACCEPTED = 1;
export const REFUSED = 2;

/** All labelled statements of a database in order, as columns of numbers. */
export class StatementList {
  readonly #kinds: GrowingInts;
  readonly #labels: GrowingInts;
  readonly #offsets: GrowingInts;
  readonly #first: GrowingInts;
  readonly #second: GrowingInts;
  readonly #verdicts: GrowingInts;

  constructor(meter: Meter) {
    this.#kinds = new GrowingInts(meter);
    this.#labels = new GrowingInts(meter);
    this.#offsets = new GrowingInts(meter);
    this.#first = new GrowingInts(meter);
    this.#second = new GrowingInts(meter);
    this.#verdicts = new GrowingInts(meter);
  }

  get count(): number {
    return this.#kinds.size;
  }

  /**
   * `first` and `second`: of a floating hypothesis its typecode and variable (tokens); of an
   * essential one where its symbols start and how many they are; of an assertion its frame and,
   * for a theorem, where its proof starts in the source.
   */
  add(kind: StatementKind, label: number, offset: number, first: number, second: number): number {
    this.#kinds.push(kind);
    this.#labels.push(label);
    this.#offsets.push(offset);
    this.#first.push(first);
    this.#second.push(second);
    this.#verdicts.push(UNCHECKED);
    return this.#kinds.size - 1;
  }

  kindOf(statement: number): StatementKind {
    return this.#kinds.at(statement) as StatementKind;
  }

  isHypothesis(statement: number): boolean {
    return this.#kinds.at(statement) <= ESSENTIAL;
  }

  labelOf(statement: number): number {
    return this.#labels.at(statement);
  }

  /** Where its label stands in the source. */
  offsetOf(statement: number): number {
    return this.#offsets.at(statement);
  }

  firstOf(statement: number): number {
    return this.#first.at(statement);
  }

  secondOf(statement: number): number {
    return this.#second.at(statement);
  }

  verdictOf(statement: number): number {
    return this.#verdicts.at(statement);
  }

  setVerdict(statement: number, verdict: number): void {
    this.#verdicts.ints[statement] = verdict;
  }
}
