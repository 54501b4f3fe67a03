import type { Meter } from "../../frame/meter.ts";
import { IntList } from "../int-list.ts";
import type { BinaryLratWriter } from "../lrat/binary-lrat-writer.ts";
import type { Refutation } from "./backward-check.ts";
import type { HintBook } from "./hint-book.ts";
import { HEAD } from "./lemma-list.ts";
import type { LemmaList } from "./lemma-list.ts";

/** Writes what the backward check found necessary, in the proof's own order, numbered anew. */
export function emitLrat(
  lemmas: LemmaList,
  refutation: Refutation,
  writer: BinaryLratWriter,
  meter: Meter,
): void {
  new Emission(lemmas, refutation, writer, meter).run();
}

class Emission {
  readonly #lemmas: LemmaList;
  readonly #book: HintBook;
  readonly #refutation: Refutation;
  readonly #writer: BinaryLratWriter;
  /** By node: its number in the new proof; 0 before it is written and after it is deleted. */
  readonly #numbers: Int32Array;
  readonly #units: Buckets;
  readonly #lastUses: Buckets;
  readonly #literals: IntList;
  readonly #hints: IntList;
  readonly #deletions: IntList;
  #numberLast: number;

  constructor(lemmas: LemmaList, refutation: Refutation, writer: BinaryLratWriter, meter: Meter) {
    const { book, lastStep } = refutation;
    this.#lemmas = lemmas;
    this.#book = book;
    this.#refutation = refutation;
    this.#writer = writer;
    const nodeCount = book.starts.length;
    meter.hold(4 * nodeCount);
    this.#numbers = new Int32Array(nodeCount);
    for (let clause = 0; clause < lemmas.originalCount; clause++) {
      this.#numbers[clause] = clause + 1;
    }
    this.#numberLast = lemmas.originalCount;
    this.#units = new Buckets(book.unitSteps.view(), lastStep, meter);
    this.#lastUses = new Buckets(book.lastUses.view(), lastStep, meter);
    this.#literals = new IntList(meter);
    this.#hints = new IntList(meter);
    this.#deletions = new IntList(meter);
  }

  run(): void {
    const { lastStep, finalHints } = this.#refutation;
    const { items } = this.#lemmas.steps;
    for (let step = -1; step <= lastStep; step++) {
      const clause = step < 0 ? 0 : items[step]!;
      this.#deletions.length = 0;
      if (clause > 0) this.#lemma(clause - 1);
      else if (clause < 0) this.#deletion(-clause - 1);
      this.#units.each(step, (unit) => this.#unit(unit));
      if (step === lastStep) break;
      this.#lastUses.each(step, (node) => this.#retire(node));
      this.#writer.delete(this.#deletions);
    }
    this.#copyHints(finalHints, 0, finalHints.length);
    this.#writer.add(++this.#numberLast, [], 0, this.#hints);
    this.#writer.finish();
  }

  /** The pivot comes first, wherever watching has moved it. */
  #lemma(clause: number): void {
    if (!this.#book.isUsed(clause)) return;
    const { items } = this.#lemmas.arena;
    const offset = this.#lemmas.offsets.items[clause]!;
    const pivot = this.#lemmas.pivots.items[clause]!;
    const literals = this.#literals;
    literals.length = 0;
    literals.push(pivot);
    for (let at = offset + HEAD; at < offset + HEAD + items[offset]!; at++) {
      if (items[at] !== pivot) literals.push(items[at]!);
    }
    this.#add(clause, literals);
  }

  #unit(unit: number): void {
    const node = this.#book.clauseCount + unit;
    if (!this.#book.isUsed(node)) return;
    this.#literals.length = 0;
    this.#literals.push(this.#book.unitLiterals.items[unit]!);
    this.#add(node, this.#literals);
  }

  #add(node: number, literals: IntList): void {
    const start = this.#book.starts.items[node]!;
    this.#copyHints(this.#book.hints.items, start, start + this.#book.sizes.items[node]!);
    this.#numbers[node] = ++this.#numberLast;
    this.#writer.add(this.#numberLast, literals.items, literals.length, this.#hints);
  }

  /** Groups of candidates that are not there (any more) are left out with all their hints. */
  #copyHints(hints: Int32Array, from: number, to: number): void {
    this.#hints.length = 0;
    let isLeftOut = false;
    for (let at = from; at < to; at++) {
      const hint = hints[at]!;
      if (hint < 0) {
        const number = this.#numbers[-hint - 1]!;
        isLeftOut = number === 0;
        if (!isLeftOut) this.#hints.push(-number);
      } else if (!isLeftOut) this.#hints.push(this.#numbers[hint - 1]!);
    }
  }

  /** Lemmas retire after their last use; an original that was never used when the proof says so. */
  #deletion(clause: number): void {
    if (clause >= this.#lemmas.originalCount || this.#book.isUsed(clause)) return;
    this.#retire(clause);
  }

  #retire(node: number): void {
    if (this.#numbers[node] === 0) return;
    this.#deletions.push(this.#numbers[node]!);
    this.#numbers[node] = 0;
  }
}

/** Indexes by the step that an array gives for each, −1 being the first; others are in none. */
class Buckets {
  readonly #starts: Int32Array;
  readonly #indexes: Int32Array;

  constructor(steps: Int32Array, lastStep: number, meter: Meter) {
    meter.hold(4 * (lastStep + 4 + steps.length));
    const starts = new Int32Array(lastStep + 3);
    for (const step of steps) if (step >= -1 && step <= lastStep) starts[step + 2]!++;
    for (let at = 1; at < starts.length; at++) starts[at]! += starts[at - 1]!;
    const next = starts.slice();
    this.#indexes = new Int32Array(starts.at(-1)!);
    for (let index = 0; index < steps.length; index++) {
      const step = steps[index]!;
      if (step >= -1 && step <= lastStep) this.#indexes[next[step + 1]!++] = index;
    }
    this.#starts = starts;
  }

  each(step: number, take: (index: number) => void): void {
    const end = this.#starts[step + 2]!;
    for (let at = this.#starts[step + 1]!; at < end; at++) take(this.#indexes[at]!);
  }
}
