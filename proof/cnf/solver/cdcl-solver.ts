import type { Meter } from "../../frame/meter.ts";
import type { CanonicalCnf } from "../canonical/payload.ts";
import { IntList } from "../int-list.ts";
import { BinaryLratWriter } from "../lrat/binary-lrat-writer.ts";
import type { ProofSink } from "../lrat/binary-lrat-writer.ts";
import { Assignment } from "./assignment.ts";
import { ClauseArena, HEAD } from "./clause-arena.ts";
import { ConflictAnalysis } from "./conflict-analysis.ts";
import { DecisionHeap } from "./decision-heap.ts";
import { RestartPolicy } from "./restart-policy.ts";
import { WatchLists } from "./watch-lists.ts";

/** Learned clauses up to this glue are never dropped. */
const GLUE_KEPT = 2;
const REDUCE_FIRST = 2000;
const REDUCE_STEP = 400;

export type Solution =
  | { readonly verdict: "unsat" }
  /** By variable: 1 true. */
  | { readonly verdict: "sat"; readonly model: Uint8Array }
  /** The fuel is spent. */
  | { readonly verdict: "unknown" };

export interface SolveOptions {
  /** Visits of literals and watches. */
  readonly fuelMax: number;
  /** Gets binary LRAT as it is found out; complete only behind `unsat`. */
  readonly sink: ProofSink;
}

/**
 * Conflict-driven clause learning with two watched literals, and each step logged as LRAT. The same
 * formula and fuel give the same answer and proof on every machine. Nobody needs to trust it: the
 * checker judges its proofs and models like anybody's.
 */
export function solveCnf(formula: CanonicalCnf, options: SolveOptions, meter: Meter): Solution {
  return new CdclSolver(formula, options, meter).run();
}

class CdclSolver {
  readonly #formula: CanonicalCnf;
  readonly #fuelMax: number;
  readonly #assignment: Assignment;
  readonly #arena: ClauseArena;
  readonly #watches: WatchLists;
  readonly #heap: DecisionHeap;
  readonly #analysis: ConflictAnalysis;
  readonly #restarts = new RestartPolicy();
  readonly #phases: Uint8Array;
  readonly #unitNumbers: Int32Array;
  readonly #writer: BinaryLratWriter;
  readonly #hints: IntList;
  readonly #dropped: IntList;
  #numberLast: number;
  #propagated = 0;
  /** Trail up to here is fixed and has its unit clauses in the proof. */
  #fixed = 0;
  #conflicts = 0;
  #reduceNext = REDUCE_FIRST;
  #reductions = 0;
  #visits = 0;
  #isRefuted = false;

  constructor(formula: CanonicalCnf, { fuelMax, sink }: SolveOptions, meter: Meter) {
    const { variableCount, literals, starts } = formula;
    this.#formula = formula;
    this.#fuelMax = fuelMax;
    this.#assignment = new Assignment(variableCount, meter);
    this.#arena = new ClauseArena(meter, 2 * literals.length + HEAD * starts.length);
    this.#watches = new WatchLists(2 * variableCount, meter);
    meter.hold(30 * variableCount);
    this.#heap = new DecisionHeap(variableCount);
    this.#phases = new Uint8Array(variableCount);
    this.#unitNumbers = new Int32Array(variableCount);
    this.#writer = new BinaryLratWriter(sink);
    this.#hints = new IntList(meter);
    this.#dropped = new IntList(meter);
    this.#numberLast = starts.length - 1;
    this.#analysis = new ConflictAnalysis(
      {
        assignment: this.#assignment,
        arena: this.#arena,
        heap: this.#heap,
        unitNumbers: this.#unitNumbers,
      },
      meter,
    );
  }

  run(): Solution {
    this.#load();
    const verdict = this.#isRefuted ? "unsat" : this.#search();
    this.#writer.finish();
    return verdict === "sat" ? { verdict, model: this.#model() } : { verdict };
  }

  #load(): void {
    const { literals, starts } = this.#formula;
    for (let clause = 0; clause + 1 < starts.length; clause++) {
      const lits = literals.subarray(starts[clause], starts[clause + 1]);
      if (lits.length > 1) this.#attach(this.#arena.add(clause + 1, 0, lits, lits.length));
      else if (lits.length === 0) this.#isRefuted = true;
      else this.#assertUnit(lits[0]!, clause + 1);
      if (this.#isRefuted) return;
    }
  }

  /** A unit clause of the formula, or one that was learned. */
  #assertUnit(literal: number, number: number): void {
    const { values } = this.#assignment;
    if (values[literal] === 1) return;
    if (values[literal] === -1) {
      this.#hints.length = 0;
      this.#hints.push(this.#unitNumbers[literal >>> 1]!);
      this.#hints.push(number);
      this.#refute();
      return;
    }
    this.#unitNumbers[literal >>> 1] = number;
    this.#assignment.assign(literal, 0);
  }

  #attach(clause: number): void {
    const { items } = this.#arena;
    const [first, second] = [items[clause + HEAD]!, items[clause + HEAD + 1]!];
    this.#watches.add(first, clause, second);
    this.#watches.add(second, clause, first);
  }

  #search(): "sat" | "unsat" | "unknown" {
    for (;;) {
      const conflict = this.#propagate();
      if (conflict !== 0) {
        if (this.#assignment.level === 0) this.#refuteBy(conflict);
        else this.#learn(conflict);
        if (this.#isRefuted) return "unsat";
      } else if (this.#visits + this.#analysis.visits > this.#fuelMax) return "unknown";
      else if (!this.#decide()) return "sat";
    }
  }

  /** False: everything is assigned. */
  #decide(): boolean {
    const assignment = this.#assignment;
    if (assignment.level === 0) this.#fix();
    else if (this.#restarts.isDue) {
      this.#backTo(0);
      this.#restarts.restarted();
      if (this.#conflicts >= this.#reduceNext) {
        this.#fix();
        this.#reduce();
      }
    }
    while (this.#heap.size > 0) {
      const variable = this.#heap.pop();
      const positive = 2 * variable;
      if (assignment.values[positive] !== 0) continue;
      assignment.openLevel();
      assignment.assign(this.#phases[variable] === 1 ? positive : positive + 1, 0);
      return true;
    }
    return false;
  }

  #backTo(level: number): void {
    this.#assignment.backTo(level, (literal) => {
      this.#phases[literal >>> 1] = 1 - (literal & 1);
      this.#heap.insert(literal >>> 1);
    });
    this.#propagated = Math.min(this.#propagated, this.#assignment.trailSize);
  }

  #learn(conflict: number): void {
    this.#conflicts++;
    const analysis = this.#analysis;
    analysis.analyse(conflict);
    const { clause, hints, glue } = analysis;
    const number = ++this.#numberLast;
    this.#writer.add(number, clause.items, clause.length, hints);
    this.#restarts.learned(glue);
    this.#heap.decay();
    this.#backTo(analysis.backLevel);
    if (clause.length === 1) {
      this.#assertUnit(clause.items[0]!, number);
      return;
    }
    const offset = this.#arena.add(number, glue, clause.items, clause.length);
    this.#attach(offset);
    this.#assignment.assign(clause.items[0]!, offset);
  }

  /** Answers the clause that is falsified, or 0. */
  #propagate(): number {
    const { trail, values } = this.#assignment;
    const { lists, sizes } = this.#watches;
    const { items } = this.#arena;
    while (this.#propagated < this.#assignment.trailSize) {
      const falsified = trail[this.#propagated++]! ^ 1;
      const list = lists[falsified]!;
      const size = sizes[falsified]!;
      this.#visits += size + 1;
      let kept = 0;
      let at = 0;
      while (at < size) {
        const clause = list[at]!;
        const blocker = list[at + 1]!;
        at += 2;
        list[kept] = clause;
        list[kept + 1] = blocker;
        if (values[blocker] === 1) {
          kept += 2;
          continue;
        }
        const base = clause + HEAD;
        const other = items[base]! ^ items[base + 1]! ^ falsified;
        list[kept + 1] = other;
        if (values[other] === 1) {
          kept += 2;
          continue;
        }
        const replacement = this.#findWatch(items, clause, values);
        if (replacement !== 0) {
          const literal = items[replacement]!;
          items[base] = other;
          items[base + 1] = literal;
          items[replacement] = falsified;
          this.#watches.add(literal, clause, other);
          continue;
        }
        kept += 2;
        if (values[other] === 0) {
          this.#assignment.assign(other, clause);
          continue;
        }
        while (at < size) list[kept++] = list[at++]!;
        sizes[falsified] = kept;
        return clause;
      }
      sizes[falsified] = kept;
    }
    return 0;
  }

  /** Where a literal stands that is not false, behind the two that are watched; 0: nowhere. */
  #findWatch(items: Int32Array, clause: number, values: Int8Array): number {
    const end = clause + HEAD + items[clause]!;
    let place = clause + HEAD + 2;
    while (place < end && values[items[place]!] === -1) place++;
    this.#visits += place - clause;
    return place < end ? place : 0;
  }

  /** At level 0: what is true now is so for good, and the proof gets its unit clauses. */
  #fix(): void {
    const { trail, trailSize, reasons } = this.#assignment;
    for (; this.#fixed < trailSize; this.#fixed++) {
      const literal = trail[this.#fixed]!;
      const reason = reasons[literal >>> 1]!;
      if (reason === 0) continue;
      this.#unitHints(reason, literal);
      const number = ++this.#numberLast;
      this.#writer.add(number, [literal], 1, this.#hints);
      this.#unitNumbers[literal >>> 1] = number;
      reasons[literal >>> 1] = 0;
    }
  }

  /** The units that leave nothing of a clause but this literal, then the clause. */
  #unitHints(clause: number, literal: number): void {
    const { items } = this.#arena;
    this.#hints.length = 0;
    const end = clause + HEAD + items[clause]!;
    for (let place = clause + HEAD; place < end; place++) {
      const other = items[place]!;
      if (other !== literal) this.#hints.push(this.#unitNumbers[other >>> 1]!);
    }
    this.#hints.push(items[clause + 1]!);
  }

  #refuteBy(conflict: number): void {
    this.#fix();
    this.#unitHints(conflict, -1);
    this.#refute();
  }

  #refute(): void {
    this.#writer.add(++this.#numberLast, [], 0, this.#hints);
    this.#isRefuted = true;
  }

  /**
   * At level 0: drops the worse half of what was learned, and what is true for good. No reason
   * refers to a clause then, so that offsets may change and all watches are made anew.
   */
  #reduce(): void {
    const arena = this.#arena;
    const { items } = arena;
    this.#reduceNext = this.#conflicts + REDUCE_FIRST + REDUCE_STEP * ++this.#reductions;
    this.#dropped.length = 0;
    const learned: number[] = [];
    for (let clause = 1; clause < arena.end; clause = arena.next(clause)) {
      if (items[clause + 1] === 0) continue;
      if (this.#isTrue(clause)) this.#drop(clause);
      else if (items[clause + 2]! > GLUE_KEPT) learned.push(clause);
    }
    learned.sort((one, other) => items[other + 2]! - items[one + 2]! || one - other);
    for (const clause of learned.slice(0, learned.length >>> 1)) this.#drop(clause);
    this.#writer.delete(this.#dropped);
    if (arena.hasMuchDead) arena.squeeze();
    this.#watches.clear();
    for (let clause = 1; clause < arena.end; clause = arena.next(clause)) {
      if (arena.items[clause + 1] !== 0) this.#rewatch(clause);
    }
    this.#visits += arena.end;
  }

  #isTrue(clause: number): boolean {
    const { items } = this.#arena;
    const { values } = this.#assignment;
    const end = clause + HEAD + items[clause]!;
    for (let place = clause + HEAD; place < end; place++) {
      if (values[items[place]!] === 1) return true;
    }
    return false;
  }

  #drop(clause: number): void {
    this.#dropped.push(this.#arena.items[clause + 1]!);
    this.#arena.kill(clause);
  }

  /** Two literals that are open; there are, because all is propagated. */
  #rewatch(clause: number): void {
    const { items } = this.#arena;
    const { values } = this.#assignment;
    const base = clause + HEAD;
    const end = base + items[clause]!;
    let watched = base;
    for (let place = base; place < end && watched < base + 2; place++) {
      const literal = items[place]!;
      if (values[literal] !== 0) continue;
      items[place] = items[watched]!;
      items[watched++] = literal;
    }
    this.#attach(clause);
  }

  #model(): Uint8Array {
    const { values } = this.#assignment;
    return Uint8Array.from({ length: values.length / 2 }, (_, variable) =>
      values[2 * variable] === 1 ? 1 : 0,
    );
  }
}
