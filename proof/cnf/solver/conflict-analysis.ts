import type { Meter } from "../../frame/meter.ts";
import { IntList } from "../int-list.ts";
import type { Assignment } from "./assignment.ts";
import { HEAD } from "./clause-arena.ts";
import type { ClauseArena } from "./clause-arena.ts";
import type { DecisionHeap } from "./decision-heap.ts";

const OPEN = 0;
const SEEN = 1;
const REDUNDANT = 2;
const NEEDED = 3;

/**
 * From a conflict to a clause that avoids it: the first unique implication point (Zhang et al.,
 * 2001), without literals that the others imply (Sörensson and Biere, 2009), and the hints that
 * show it, in the order in which the trail has them.
 */
export class ConflictAnalysis {
  readonly #assignment: Assignment;
  readonly #arena: ClauseArena;
  readonly #heap: DecisionHeap;
  readonly #marks: Uint8Array;
  readonly #marked: IntList;
  readonly #stack: IntList;
  /** The learned clause; the literal that it asserts comes first. */
  readonly clause: IntList;
  readonly hints: IntList;
  readonly #positions: IntList;
  readonly #unitNumbers: Int32Array;
  backLevel = 0;
  /** Distinct decision levels in the clause (Audemard and Simon, 2009). */
  glue = 0;
  visits = 0;

  constructor(
    parts: {
      readonly assignment: Assignment;
      readonly arena: ClauseArena;
      readonly heap: DecisionHeap;
      /** By variable that is fixed: number of its unit clause. */
      readonly unitNumbers: Int32Array;
    },
    meter: Meter,
  ) {
    this.#assignment = parts.assignment;
    this.#arena = parts.arena;
    this.#heap = parts.heap;
    this.#unitNumbers = parts.unitNumbers;
    meter.hold(parts.unitNumbers.length);
    this.#marks = new Uint8Array(parts.unitNumbers.length);
    this.#marked = new IntList(meter);
    this.#stack = new IntList(meter);
    this.clause = new IntList(meter);
    this.hints = new IntList(meter);
    this.#positions = new IntList(meter);
  }

  analyse(conflict: number): void {
    this.#resolve(conflict);
    this.#minimise();
    this.#chooseBackLevel();
    this.#collectHints(conflict);
    for (let at = 0; at < this.#marked.length; at++) this.#marks[this.#marked.items[at]!] = OPEN;
    this.#marked.length = 0;
  }

  #resolve(conflict: number): void {
    const { trail, reasons, levels, level } = this.#assignment;
    const { clause } = this;
    clause.length = 0;
    clause.push(0);
    let at = this.#assignment.trailSize;
    let open = 0;
    let reason = conflict;
    for (;;) {
      const { items } = this.#arena;
      const end = reason + HEAD + items[reason]!;
      this.visits += items[reason]!;
      for (let place = reason + HEAD; place < end; place++) {
        const literal = items[place]!;
        const variable = literal >>> 1;
        if (this.#marks[variable] !== OPEN || levels[variable] === 0) continue;
        this.#mark(variable, SEEN);
        this.#heap.bump(variable);
        if (levels[variable] === level) open++;
        else clause.push(literal);
      }
      do at--;
      while (this.#marks[trail[at]! >>> 1] === OPEN);
      if (--open === 0) break;
      reason = reasons[trail[at]! >>> 1]!;
    }
    clause.items[0] = trail[at]! ^ 1;
  }

  #mark(variable: number, mark: number): void {
    if (this.#marks[variable] === OPEN) this.#marked.push(variable);
    this.#marks[variable] = mark;
  }

  #minimise(): void {
    const { clause } = this;
    let size = 1;
    for (let at = 1; at < clause.length; at++) {
      const literal = clause.items[at]!;
      if (!this.#isImplied(literal >>> 1)) clause.items[size++] = literal;
    }
    clause.length = size;
  }

  /** Whether each path back from it ends in literals of the clause. What was found out is kept. */
  #isImplied(variable: number): boolean {
    const { reasons, levels } = this.#assignment;
    if (reasons[variable] === 0) return false;
    const stack = this.#stack;
    const markedBefore = this.#marked.length;
    stack.length = 0;
    stack.push(variable);
    while (stack.length > 0) {
      const reason = reasons[stack.items[--stack.length]!]!;
      const { items } = this.#arena;
      const end = reason + HEAD + items[reason]!;
      this.visits += items[reason]!;
      for (let place = reason + HEAD; place < end; place++) {
        const other = items[place]! >>> 1;
        if (levels[other] === 0 || this.#marks[other] !== OPEN) continue;
        if (reasons[other] === 0) {
          this.#unmarkFrom(markedBefore);
          return false;
        }
        this.#mark(other, REDUNDANT);
        stack.push(other);
      }
    }
    return true;
  }

  #unmarkFrom(size: number): void {
    while (this.#marked.length > size) {
      this.#marks[this.#marked.items[--this.#marked.length]!] = OPEN;
    }
  }

  /** Where to go back to; that level's literal becomes the second, to be watched. */
  #chooseBackLevel(): void {
    const { clause } = this;
    const { levels } = this.#assignment;
    this.backLevel = 0;
    const distinct = new Set<number>();
    for (let at = 0; at < clause.length; at++) {
      const level = levels[clause.items[at]! >>> 1]!;
      distinct.add(level);
      if (at === 0 || level <= this.backLevel) continue;
      this.backLevel = level;
      const literal = clause.items[at]!;
      clause.items[at] = clause.items[1]!;
      clause.items[1] = literal;
    }
    this.glue = distinct.size;
  }

  /** Unit clauses first, then reasons by trail position, then the conflict. */
  #collectHints(conflict: number): void {
    const { trail, reasons } = this.#assignment;
    const { clause, hints } = this;
    hints.length = 0;
    this.#positions.length = 0;
    for (let at = 0; at < clause.length; at++) this.#mark(clause.items[at]! >>> 1, NEEDED);
    this.#need(conflict);
    // Needed variables are appended while this list is walked.
    for (let at = 0; at < this.#positions.length; at++) {
      this.#need(reasons[trail[this.#positions.items[at]!]! >>> 1]!);
    }
    this.#positions.view().sort();
    const { items } = this.#arena;
    for (let at = 0; at < this.#positions.length; at++) {
      hints.push(items[reasons[trail[this.#positions.items[at]!]! >>> 1]! + 1]!);
    }
    hints.push(items[conflict + 1]!);
  }

  #need(reason: number): void {
    const { items } = this.#arena;
    const { levels, positions } = this.#assignment;
    const end = reason + HEAD + items[reason]!;
    this.visits += items[reason]!;
    for (let place = reason + HEAD; place < end; place++) {
      const variable = items[place]! >>> 1;
      if (this.#marks[variable] === NEEDED) continue;
      this.#mark(variable, NEEDED);
      if (levels[variable] === 0) this.hints.push(this.#unitNumbers[variable]!);
      else this.#positions.push(positions[variable]!);
    }
  }
}
