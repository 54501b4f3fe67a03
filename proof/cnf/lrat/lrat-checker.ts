import type { Meter } from "../../frame/meter.ts";
import { exhaust, reject } from "../../frame/stop.ts";
import type { Formula } from "../formula.ts";
import { CLAUSE_HEAD, ClauseStore } from "./clause-store.ts";
import type { LratReader } from "./lrat-reader.ts";
import { RatCheck } from "./rat-check.ts";

/** Visits of literals that each byte of formula and proof pays for. */
export const VISITS_PER_BYTE = 256;
const STAMP_MAX = 0x7fff_fff0;
const LITERALS_FIRST = 1024;

/** From a proof's numbers to literals. Called with no zero. */
export interface Numbering {
  literalOf(signed: number): number;
}

/** Sees what has been checked, step by step. The arrays are valid during the call only. */
export interface LratObserver {
  onAdd(number: number, literals: Int32Array, count: number, reader: LratReader): void;
  onDelete(reader: LratReader): void;
}

export interface LratInput {
  readonly meter: Meter;
  readonly reader: LratReader;
  readonly numbering: Numbering;
  /** Of the formula's text or payload. */
  readonly formulaBytes: number;
  readonly literalCount: number;
  readonly clauseCount: number;
  readonly observer?: LratObserver | undefined;
}

/**
 * Checks a refutation in LRAT (Cruz-Filipe, Heule, Hunt, Kaufmann, Schneider-Kamp, "Efficient
 * Certified RAT Verification", 2017) as it comes, never holding more than a step of it.
 *
 * A step is accepted when its hints, in their order, are each exactly unit under the negated
 * clause, up to the last, which is falsified; or, with the clause's first literal as pivot, when
 * the same holds for the resolvent with every live clause that has the pivot's negation. The proof
 * is accepted when the empty clause was derived so.
 */
export class LratChecker {
  readonly #meter: Meter;
  readonly #reader: LratReader;
  readonly #numbering: Numbering;
  readonly #observer: LratObserver | undefined;
  readonly #store: ClauseStore;
  readonly #rat: RatCheck;
  /** falsified[literal] === stamp: it is false under the present assignment. */
  #falsified: Int32Array;
  #stamp = 0;
  /** The present clause, without duplicates. */
  #clause: Int32Array = new Int32Array(64);
  #clauseSize = 0;
  #visits = 0;
  #visitsPaid: number;
  readonly #formulaBytes: number;
  #isRefuted = false;

  constructor(input: LratInput) {
    const { meter, reader, numbering, observer, literalCount, clauseCount } = input;
    this.#meter = meter;
    this.#reader = reader;
    this.#numbering = numbering;
    this.#observer = observer;
    this.#formulaBytes = input.formulaBytes;
    this.#visitsPaid = VISITS_PER_BYTE * input.formulaBytes;
    this.#store = new ClauseStore(meter, literalCount, clauseCount);
    this.#rat = new RatCheck(this.#store, meter);
    meter.hold(4 * LITERALS_FIRST);
    this.#falsified = new Int32Array(LITERALS_FIRST);
  }

  /** The formula's clauses, which are numbered from 1. */
  addOriginals({ literals, starts }: Pick<Formula, "literals" | "starts">): void {
    for (let index = 0; index + 1 < starts.length; index++) {
      this.#addOriginal(index + 1, literals, starts[index]!, starts[index + 1]!);
    }
    this.#meter.spend(literals.length);
  }

  /** A tautology is kept: no hint can use it, but a proof may delete it. */
  #addOriginal(number: number, literals: Int32Array, from: number, to: number): void {
    if (to - from > this.#clause.length) this.#growClause(to - from);
    const stamp = this.#nextStamp();
    let size = 0;
    for (let at = from; at < to; at++) {
      const literal = literals[at]!;
      if (literal > this.#falsified.length - 2) this.#coverLiteral(literal);
      if (this.#falsified[literal] === stamp) continue;
      this.#falsified[literal] = stamp;
      this.#clause[size++] = literal;
    }
    this.#store.add(number, this.#clause, size);
    if (size === 0) this.#isRefuted = true;
  }

  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
    this.#drain();
  }

  /** Rejects `no-empty-clause` when nothing is refuted by the whole proof. */
  finish(): void {
    this.#reader.end();
    this.#drain();
    this.#reader.expectNoRest();
    if (!this.#isRefuted) reject("no-empty-clause", this.#reader.offset);
  }

  #drain(): void {
    const reader = this.#reader;
    for (;;) {
      const step = reader.next();
      if (step === undefined) return;
      this.#meter.offset = reader.stepOffset;
      this.#visitsPaid = VISITS_PER_BYTE * (this.#formulaBytes + reader.offset);
      if (step === "add") this.#add();
      else this.#delete();
    }
  }

  #add(): void {
    const reader = this.#reader;
    const { number } = reader;
    if (number <= this.#store.numberMax) reject("clause-number-not-rising", reader.stepOffset);
    this.#assume();
    const before = this.#visits;
    const groupsFrom = this.#propagate(0);
    if (groupsFrom >= 0) this.#resolve(groupsFrom);
    this.#meter.spend(this.#visits - before + reader.literalCount + reader.hintCount);
    this.#store.add(number, this.#clause, this.#clauseSize);
    this.#rat.added(this.#clause, this.#clauseSize);
    if (this.#clauseSize === 0) this.#isRefuted = true;
    this.#observer?.onAdd(number, this.#clause, this.#clauseSize, reader);
  }

  /** Falsifies the new clause. */
  #assume(): void {
    const { literals, literalCount, stepOffset } = this.#reader;
    if (literalCount > this.#clause.length) this.#growClause(literalCount);
    const stamp = this.#nextStamp();
    let size = 0;
    for (let at = 0; at < literalCount; at++) {
      const literal = this.#numbering.literalOf(literals[at]!);
      if (literal > this.#falsified.length - 2) this.#coverLiteral(literal);
      if (this.#falsified[literal] === stamp) continue;
      if (this.#falsified[literal ^ 1] === stamp) reject("clause-tautology", stepOffset);
      this.#falsified[literal] = stamp;
      this.#clause[size++] = literal;
    }
    this.#clauseSize = size;
  }

  /**
   * Follows hints from `from` on. −1: they end in a conflict. Else the index of what comes behind
   * the positive hints: the step's end, or a hint that is negative.
   */
  #propagate(from: number, trail?: number[]): number {
    const reader = this.#reader;
    const { hints, hintCount } = reader;
    const store = this.#store;
    const { arena } = store;
    const falsified = this.#falsified;
    const stamp = this.#stamp;
    const visitsPaid = this.#visitsPaid;
    let visits = this.#visits;
    let at = from;
    for (; at < hintCount; at++) {
      const hint = hints[at]!;
      if (hint < 0) break;
      const offset = store.offsetOf(hint);
      if (offset === 0) this.#rejectHint("hint-unknown", at);
      const size = arena[offset]!;
      visits += size + 1;
      if (visits > visitsPaid) exhaust("steps", reader.stepOffset);
      const end = offset + CLAUSE_HEAD + size;
      let unit = -1;
      for (let place = offset + CLAUSE_HEAD; place < end; place++) {
        const literal = arena[place]!;
        if (falsified[literal] === stamp) continue;
        if (unit >= 0) this.#rejectHint("hint-not-unit", at);
        unit = literal;
      }
      if (unit < 0) {
        const isLast = at + 1 === hintCount || (trail !== undefined && hints[at + 1]! < 0);
        if (!isLast) this.#rejectHint("hint-after-conflict", at + 1);
        this.#visits = visits;
        return -1 - (at + 1);
      }
      // A unit that is true already changes nothing; CaDiCaL's proofs have such hints.
      if (falsified[unit ^ 1] === stamp) continue;
      falsified[unit ^ 1] = stamp;
      trail?.push(unit ^ 1);
    }
    this.#visits = visits;
    return at;
  }

  /** The step is no RUP: then a RAT on its first literal, or nothing. */
  #resolve(groupsFrom: number): void {
    const reader = this.#reader;
    const { hints, hintCount, stepOffset } = reader;
    if (this.#clauseSize === 0 && reader.literalCount === 0) reject("no-conflict", stepOffset);
    const pivot = this.#clause[0]!;
    const rat = this.#rat;
    this.#visits += rat.start(pivot ^ 1, this.#falsified.length);
    let at = groupsFrom;
    while (at < hintCount) {
      const offset = this.#store.offsetOf(-hints[at]!);
      if (offset === 0) this.#rejectHint("hint-unknown", at);
      const fault = rat.cover(offset, pivot ^ 1);
      if (fault !== undefined) this.#rejectHint(fault, at);
      at = this.#checkResolvent(offset, pivot ^ 1, at + 1);
    }
    if (!rat.isComplete) {
      reject(groupsFrom === hintCount ? "no-conflict" : "candidate-missing", stepOffset);
    }
  }

  /** Answers where the next group begins. */
  #checkResolvent(offset: number, negatedPivot: number, from: number): number {
    const { hints, hintCount } = this.#reader;
    const { arena } = this.#store;
    const falsified = this.#falsified;
    const trail: number[] = [];
    const end = offset + CLAUSE_HEAD + arena[offset]!;
    this.#visits += 2 * arena[offset]!;
    if (this.#visits > this.#visitsPaid) exhaust("steps", this.#reader.stepOffset);
    let isSatisfied = false;
    for (let place = offset + CLAUSE_HEAD; place < end; place++) {
      const literal = arena[place]!;
      if (literal === negatedPivot) continue;
      const isTautology = literal === (negatedPivot ^ 1);
      if (isTautology || falsified[literal ^ 1] === this.#stamp) isSatisfied = true;
      else if (falsified[literal] === this.#stamp) continue;
      else {
        falsified[literal] = this.#stamp;
        trail.push(literal);
      }
    }
    let next = from;
    if (isSatisfied) {
      if (from < hintCount && hints[from]! > 0) this.#rejectHint("hint-after-conflict", from);
    } else {
      const answer = this.#propagate(from, trail);
      if (answer >= 0) this.#rejectHint("no-conflict", from - 1);
      next = -1 - answer;
    }
    for (const literal of trail) falsified[literal] = 0;
    return next;
  }

  #delete(): void {
    const { hints, hintCount } = this.#reader;
    this.#meter.spend(hintCount);
    for (let at = 0; at < hintCount; at++) {
      const number = hints[at]!;
      const offset = number > 0 ? this.#store.remove(number) : 0;
      if (offset === 0) this.#rejectHint("deletion-unknown", at);
      this.#rat.removed(this.#store.arena, offset);
    }
    this.#observer?.onDelete(this.#reader);
  }

  #nextStamp(): number {
    if (this.#stamp >= STAMP_MAX) {
      this.#falsified.fill(0);
      this.#stamp = 0;
    }
    return ++this.#stamp;
  }

  #coverLiteral(literal: number): void {
    // Bits would wrap here: a canonical proof may name 2^31−1, whose literal has 33 of them.
    const before = this.#falsified.length;
    const length = Math.max(literal + 2, before + (before >>> 1));
    this.#meter.hold(4 * length);
    const grown = new Int32Array(length);
    grown.set(this.#falsified);
    this.#falsified = grown;
    this.#meter.release(4 * before);
  }

  #growClause(size: number): void {
    const before = this.#clause.length;
    this.#meter.hold(8 * size);
    this.#clause = new Int32Array(2 * size);
    this.#meter.release(4 * before);
  }

  #rejectHint(reason: string, index: number): never {
    return reject(reason, this.#reader.hintOffset(index), `hint ${this.#reader.hints[index]}`);
  }
}
