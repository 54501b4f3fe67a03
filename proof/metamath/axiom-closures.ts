import type { Meter } from "../frame/meter.ts";
import { GrowingInts } from "./growing-ints.ts";

const NONE = -1;

/** What a theorem's closure is made of. */
interface Citations {
  readonly cited: GrowingInts;
  wasUsed(index: number): boolean;
}

/**
 * The axioms that each assertion of a database rests on, itself included where it is one: a bit for
 * each axiom, by its number. All `$a` count, those of syntax too, so that no typecode is special.
 */
export class AxiomClosures {
  /** Statements of the axioms, by number. */
  readonly axioms: GrowingInts;
  /** By statement: where its words start, how many they are. */
  readonly #starts: GrowingInts;
  readonly #counts: GrowingInts;
  readonly #words: GrowingInts;

  constructor(meter: Meter) {
    this.axioms = new GrowingInts(meter);
    this.#starts = new GrowingInts(meter);
    this.#counts = new GrowingInts(meter);
    this.#words = new GrowingInts(meter);
  }

  addAxiom(statement: number): void {
    const number = this.axioms.size;
    this.axioms.push(statement);
    const count = (number >>> 5) + 1;
    this.#open(statement, count);
    this.#words.ints[this.#words.size - 1] = 1 << (number & 31);
  }

  /** Stays unknown when something cited was refused itself. */
  addTheorem(statement: number, citations: Citations): void {
    this.#reach(statement);
    const { cited } = citations;
    let count = 0;
    for (let index = 0; index < cited.size; index++) {
      if (!citations.wasUsed(index)) continue;
      if (!this.isKnown(cited.at(index))) return;
      count = Math.max(count, this.#counts.at(cited.at(index)));
    }
    this.#open(statement, count);
    const to = this.#words.size - count;
    const { ints } = this.#words;
    for (let index = 0; index < cited.size; index++) {
      if (!citations.wasUsed(index)) continue;
      const other = cited.at(index);
      const from = this.#starts.at(other);
      for (let word = this.#counts.at(other) - 1; word >= 0; word--) {
        ints[to + word]! |= ints[from + word]!;
      }
    }
  }

  /** A hypothesis rests on nothing. */
  addHypothesis(statement: number): void {
    this.#open(statement, 0);
  }

  /** Refused, or passed over: nobody here knows what it rests on. */
  addUnknown(statement: number): void {
    this.#reach(statement);
  }

  /** Whether it rests on axioms alone: no refused proof below it. */
  isKnown(statement: number): boolean {
    return statement < this.#starts.size && this.#starts.at(statement) !== NONE;
  }

  /** Statements of the axioms below it, ascending. */
  of(statement: number): readonly number[] {
    const found: number[] = [];
    const start = this.#starts.at(statement);
    for (let word = 0; word < this.#counts.at(statement); word++) {
      let bits = this.#words.at(start + word);
      while (bits !== 0) {
        found.push(this.axioms.at((word << 5) + 31 - Math.clz32(bits & -bits)));
        bits &= bits - 1;
      }
    }
    return found;
  }

  #open(statement: number, count: number): void {
    this.#reach(statement);
    this.#words.reserve(count);
    this.#words.ints.fill(0, this.#words.size, this.#words.size + count);
    this.#starts.ints[statement] = this.#words.size;
    this.#counts.ints[statement] = count;
    this.#words.size += count;
  }

  #reach(statement: number): void {
    while (this.#starts.size <= statement) {
      this.#starts.push(NONE);
      this.#counts.push(0);
    }
  }
}
