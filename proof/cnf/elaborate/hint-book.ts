import type { Meter } from "../../frame/meter.ts";
import { IntList } from "../int-list.ts";

/**
 * What each needed clause rests on, as long as their numbers in the new proof are not known. A node
 * is a clause by its index, or, behind all clauses, a literal that follows from the clauses of some
 * step by unit propagation and gets a unit clause of its own.
 */
export class HintBook {
  /** All hints one behind the other: node + 1; −(node + 1) names a candidate of a RAT step. */
  readonly hints: IntList;
  /** By node: where its hints begin (−1: it has none), and how many they are. */
  readonly starts: IntList;
  readonly sizes: IntList;
  /** By node: the last step that uses it, −1 for none. */
  readonly lastUses: IntList;
  /** Of the nodes behind the clauses: the literal, and the step after which it follows. */
  readonly unitLiterals: IntList;
  readonly unitSteps: IntList;
  readonly clauseCount: number;

  constructor(clauseCount: number, meter: Meter) {
    this.clauseCount = clauseCount;
    this.hints = new IntList(meter);
    this.starts = new IntList(meter, clauseCount);
    this.sizes = new IntList(meter, clauseCount);
    this.lastUses = new IntList(meter, clauseCount);
    this.unitLiterals = new IntList(meter);
    this.unitSteps = new IntList(meter);
    for (let clause = 0; clause < clauseCount; clause++) this.#newNode();
  }

  addUnit(literal: number, step: number): number {
    this.unitLiterals.push(literal);
    this.unitSteps.push(step);
    return this.#newNode();
  }

  /** Hints up to the next `close` belong to this node. */
  open(node: number): void {
    this.starts.items[node] = this.hints.length;
  }

  close(node: number): void {
    this.sizes.items[node] = this.hints.length - this.starts.items[node]!;
  }

  use(node: number, step: number): void {
    this.hints.push(node + 1);
    if (step > this.lastUses.items[node]!) this.lastUses.items[node] = step;
  }

  isUsed(node: number): boolean {
    return this.lastUses.items[node]! >= -1;
  }

  #newNode(): number {
    this.starts.push(-1);
    this.sizes.push(0);
    this.lastUses.push(UNUSED);
    return this.starts.length - 1;
  }
}

/** Units that follow from the formula alone are made at step −1, so that is a use. */
const UNUSED = -2;
