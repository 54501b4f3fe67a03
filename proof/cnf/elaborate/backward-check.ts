import type { Meter } from "../../frame/meter.ts";
import { exhaust, reject } from "../../frame/stop.ts";
import { IntList } from "../int-list.ts";
import { ClauseWatches } from "./clause-watches.ts";
import { ASSUMED, CorePropagation } from "./core-propagation.ts";
import { HintBook } from "./hint-book.ts";
import { HEAD } from "./lemma-list.ts";
import type { LemmaList } from "./lemma-list.ts";

/** What the check found: hints for all that the refutation needs. */
export interface Refutation {
  readonly book: HintBook;
  /** Of the empty clause, as nodes + 1. */
  readonly finalHints: Int32Array;
  /** The last step that was looked at. */
  readonly lastStep: number;
}

/**
 * Checks a clausal proof from its end (Goldberg and Novikov, 2003): forwards only to where unit
 * propagation refutes what there is, then backwards, and of the lemmas only those that something
 * checked so far rests on. What it finds out on the way are the hints that LRAT wants. Its answer
 * needs no trust: the checker judges the LRAT that is made of it.
 *
 * As every checker of DRAT does, it ignores the deletion of a clause that forces a literal.
 */
export class BackwardCheck {
  readonly #lemmas: LemmaList;
  readonly #items: Int32Array;
  readonly #offsets: Int32Array;
  readonly #meter: Meter;
  readonly #visitsMax: number;
  readonly #watches: ClauseWatches;
  readonly #state: CorePropagation;
  readonly #book: HintBook;
  /** By variable that is true for good: its node in the book. */
  readonly #unitNodes: Int32Array;
  /** Steps that turned out to change nothing. */
  readonly #isVoid: Uint8Array;
  readonly #marks: Int32Array;
  #stamp = 0;
  readonly #chain: IntList;
  /** Trail up to here is true for good: it follows from the clauses alone. */
  #fixed = 0;
  /** Forwards propagation stops in the middle of things. */
  #isRewound = true;

  constructor(lemmas: LemmaList, visitsMax: number, meter: Meter) {
    this.#lemmas = lemmas;
    this.#items = lemmas.arena.items;
    this.#offsets = lemmas.offsets.items;
    this.#meter = meter;
    this.#visitsMax = visitsMax;
    const variableCount = lemmas.literalBound >>> 1;
    meter.hold(30 * variableCount + lemmas.steps.length);
    this.#watches = new ClauseWatches(lemmas, meter);
    this.#state = new CorePropagation(this.#items, lemmas.literalBound, this.#watches);
    this.#book = new HintBook(lemmas.count, meter);
    this.#unitNodes = new Int32Array(variableCount).fill(-1);
    this.#marks = new Int32Array(variableCount);
    this.#isVoid = new Uint8Array(lemmas.steps.length);
    this.#chain = new IntList(meter);
  }

  /** Rejects `no-refutation` and `lemma-not-implied`. */
  run(): Refutation {
    const end = this.#forward();
    const finalHints = this.#finalHints(end.conflict, end.step);
    this.#backward(end.step);
    this.#meter.spend(this.#visits);
    return { book: this.#book, finalHints, lastStep: end.step };
  }

  get #visits(): number {
    return this.#watches.visits + this.#state.visits;
  }

  #pay(step: number): void {
    if (this.#visits > this.#visitsMax) exhaust("steps", this.#offsetOf(step));
  }

  #offsetOf(step: number): number {
    return step < 0 ? 0 : this.#lemmas.stepOffsets.items[step]!;
  }

  #forward(): { readonly conflict: number; readonly step: number } {
    for (let clause = 0; clause < this.#lemmas.originalCount; clause++) {
      const conflict = this.#enter(clause, -1);
      if (conflict >= 0) return { conflict, step: -1 };
    }
    const { items, length } = this.#lemmas.steps;
    for (let step = 0; step < length; step++) {
      this.#pay(step);
      const clause = items[step]!;
      if (clause < 0) this.#drop(-clause - 1, step);
      else {
        const conflict = this.#enter(clause - 1, step);
        if (conflict >= 0) return { conflict, step };
      }
    }
    return reject("no-refutation", length === 0 ? 0 : this.#offsetOf(length - 1));
  }

  /** Answers the offset of a clause that is false by now, −1 for none. */
  #enter(clause: number, step: number): number {
    const state = this.#state;
    const open = this.#watches.attach(clause, state.values, state.positions);
    const offset = this.#offsets[clause]!;
    if (open === 0) return offset;
    if (open === 2) return -1;
    const literal = this.#items[offset + HEAD]!;
    if (state.values[literal] === 1) return -1;
    state.assign(literal, offset);
    return this.#fix(step);
  }

  /** Propagates what is true for good, and gives each such literal its node. */
  #fix(step: number): number {
    const state = this.#state;
    const conflict = state.propagate();
    for (; this.#fixed < state.size; this.#fixed++) {
      const literal = state.trail[this.#fixed]!;
      const reason = state.reasons[literal >>> 1]!;
      const isUnit = this.#items[reason] === 1;
      this.#unitNodes[literal >>> 1] = isUnit
        ? this.#items[reason + 1]!
        : this.#book.addUnit(literal, step);
    }
    return conflict === 0 ? -1 : conflict;
  }

  #drop(clause: number, step: number): void {
    if (this.#watches.isLive[clause] === 0 || this.#isReason(clause)) this.#isVoid[step] = 1;
    else this.#watches.detach(clause);
  }

  #isReason(clause: number): boolean {
    const offset = this.#offsets[clause]!;
    if (this.#items[offset] === 0) return false;
    const literal = this.#items[offset + HEAD]!;
    const second = this.#items[offset] === 1 ? literal : this.#items[offset + HEAD + 1]!;
    return this.#forces(literal, offset) || this.#forces(second, offset);
  }

  #forces(literal: number, offset: number): boolean {
    return this.#state.values[literal] === 1 && this.#state.reasons[literal >>> 1] === offset;
  }

  #backward(lastStep: number): void {
    const { items } = this.#lemmas.steps;
    for (let step = lastStep; step >= 0; step--) {
      if (this.#isVoid[step] === 1) continue;
      this.#pay(step);
      const clause = items[step]!;
      if (clause < 0) this.#restore(-clause - 1);
      else this.#leave(clause - 1, step);
    }
    this.#popTo(0);
  }

  #restore(clause: number): void {
    this.#watches.attach(clause, this.#state.values, this.#state.positions);
  }

  /** Takes a lemma back, and checks it by what was there before it. */
  #leave(clause: number, step: number): void {
    const offset = this.#offsets[clause]!;
    if (this.#isReason(clause)) {
      const [first, second] = [this.#items[offset + HEAD]!, this.#items[offset + HEAD + 1]!];
      const literal = this.#forces(first, offset) ? first : second;
      this.#popTo(this.#state.positions[literal >>> 1]!);
    }
    this.#watches.detach(clause);
    if (this.#watches.isCore[clause] === 0) return;
    if (this.#isRewound) {
      // Literals that went may follow in another way: all that stayed is looked at again.
      this.#state.rewind();
      this.#isRewound = false;
      this.#fix(step - 1);
    }
    this.#check(clause, step);
  }

  /** Literals that are no longer true for good; those that were used now name their reasons. */
  #popTo(size: number): void {
    const state = this.#state;
    for (let at = this.#fixed - 1; at >= size; at--) {
      const literal = state.trail[at]!;
      const node = this.#unitNodes[literal >>> 1]!;
      if (node >= this.#book.clauseCount && this.#book.isUsed(node)) {
        this.#explainUnit(literal, node);
      }
    }
    if (size < this.#fixed) this.#isRewound = true;
    this.#fixed = Math.min(this.#fixed, size);
    state.shrink(size);
  }

  #explainUnit(literal: number, node: number): void {
    const book = this.#book;
    const step = book.unitSteps.items[node - book.clauseCount]!;
    const reason = this.#state.reasons[literal >>> 1]!;
    book.open(node);
    const end = reason + HEAD + this.#items[reason]!;
    for (let place = reason + HEAD; place < end; place++) {
      const other = this.#items[place]!;
      if (other !== literal) this.#useUnit(other >>> 1, step);
    }
    this.#useClause(reason, step);
    book.close(node);
  }

  #useUnit(variable: number, step: number): void {
    const node = this.#unitNodes[variable]!;
    if (node < this.#book.clauseCount) this.#watches.makeCore(node);
    this.#book.use(node, step);
  }

  #useClause(offset: number, step: number): void {
    const index = this.#items[offset + 1]!;
    this.#watches.makeCore(index);
    this.#book.use(index, step);
  }

  #finalHints(conflict: number, step: number): Int32Array {
    const start = this.#book.hints.length;
    this.#stamp++;
    this.#explain(conflict, step);
    return this.#book.hints.items.slice(start, this.#book.hints.length);
  }

  #check(clause: number, step: number): void {
    const state = this.#state;
    const offset = this.#offsets[clause]!;
    const size = this.#items[offset]!;
    const base = state.size;
    this.#book.open(clause);
    this.#stamp++;
    let satisfied = -1;
    for (let place = offset + HEAD; place < offset + HEAD + size; place++) {
      const literal = this.#items[place]!;
      if (state.values[literal] === 1) satisfied = literal;
    }
    if (satisfied >= 0) this.#useUnit(satisfied >>> 1, step);
    else {
      for (let place = offset + HEAD; place < offset + HEAD + size; place++) {
        const literal = this.#items[place]!;
        this.#marks[literal >>> 1] = this.#stamp;
        if (state.values[literal] === 0) state.assign(literal ^ 1, ASSUMED);
      }
      const conflict = state.propagate();
      if (conflict !== 0) this.#explain(conflict, step);
      else this.#checkResolvents(clause, step);
    }
    state.shrink(base);
    this.#book.close(clause);
  }

  /**
   * Puts into the book what makes this clause false: literals that are true for good, the reasons
   * of the others in the order of the trail, the clause. Marked variables need no reason.
   */
  #explain(conflict: number, step: number): void {
    const { trail, reasons } = this.#state;
    const chain = this.#chain;
    chain.length = 0;
    this.#need(conflict, step);
    for (let at = 0; at < chain.length; at++) {
      this.#need(reasons[trail[chain.items[at]!]! >>> 1]!, step);
    }
    chain.view().sort();
    for (let at = 0; at < chain.length; at++) {
      this.#useClause(reasons[trail[chain.items[at]!]! >>> 1]!, step);
    }
    this.#useClause(conflict, step);
  }

  #need(clause: number, step: number): void {
    const { positions } = this.#state;
    const end = clause + HEAD + this.#items[clause]!;
    for (let place = clause + HEAD; place < end; place++) {
      const variable = this.#items[place]! >>> 1;
      if (this.#marks[variable] === this.#stamp) continue;
      this.#marks[variable] = this.#stamp;
      const position = positions[variable]!;
      if (position < this.#fixed) this.#useUnit(variable, step);
      else if (this.#state.reasons[variable] !== ASSUMED) this.#chain.push(position);
    }
  }

  /** No RUP: then each resolvent on the pivot must be one. */
  #checkResolvents(clause: number, step: number): void {
    const pivot = this.#lemmas.pivots.items[clause]!;
    if (this.#items[this.#offsets[clause]!] === 0) this.#fail(step);
    for (let index = 0; index < this.#lemmas.count; index++) {
      if (this.#watches.isLive[index] === 0) continue;
      const offset = this.#offsets[index]!;
      this.#watches.visits += this.#items[offset]!;
      if (!this.#hasLiteral(offset, pivot ^ 1)) continue;
      this.#pay(step);
      this.#book.hints.push(-(index + 1));
      this.#checkResolvent(clause, offset, step);
    }
  }

  #checkResolvent(clause: number, candidate: number, step: number): void {
    const state = this.#state;
    const pivot = this.#lemmas.pivots.items[clause]!;
    const base = state.size;
    this.#markLemma(clause);
    const end = candidate + HEAD + this.#items[candidate]!;
    let satisfied = -1;
    for (let place = candidate + HEAD; place < end; place++) {
      const literal = this.#items[place]!;
      if (literal === (pivot ^ 1)) continue;
      if (state.values[literal] === 1) satisfied = literal;
    }
    if (satisfied >= 0) {
      this.#explainTrue(satisfied, step);
      return;
    }
    for (let place = candidate + HEAD; place < end; place++) {
      const literal = this.#items[place]!;
      if (literal === (pivot ^ 1)) continue;
      this.#marks[literal >>> 1] = this.#stamp;
      if (state.values[literal] === 0) state.assign(literal ^ 1, ASSUMED);
    }
    const conflict = state.propagate();
    if (conflict === 0) this.#fail(step);
    this.#explain(conflict, step);
    state.shrink(base);
  }

  #markLemma(clause: number): void {
    this.#stamp++;
    const offset = this.#offsets[clause]!;
    const end = offset + HEAD + this.#items[offset]!;
    for (let place = offset + HEAD; place < end; place++) {
      this.#marks[this.#items[place]! >>> 1] = this.#stamp;
    }
  }

  /** A candidate's literal is true: by the lemma's negation, for good, or by a reason. */
  #explainTrue(literal: number, step: number): void {
    const variable = literal >>> 1;
    if (this.#marks[variable] === this.#stamp) return;
    if (this.#state.positions[variable]! < this.#fixed) this.#useUnit(variable, step);
    else {
      this.#marks[variable] = this.#stamp;
      this.#explain(this.#state.reasons[variable]!, step);
    }
  }

  #hasLiteral(offset: number, literal: number): boolean {
    const end = offset + HEAD + this.#items[offset]!;
    let place = offset + HEAD;
    while (place < end && this.#items[place] !== literal) place++;
    return place < end;
  }

  #fail(step: number): never {
    return reject("lemma-not-implied", this.#offsetOf(step));
  }
}
