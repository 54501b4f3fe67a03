import { IntList } from "../int-list.ts";
import { BinaryLratWriter } from "../lrat/binary-lrat-writer.ts";
import type { ProofSink } from "../lrat/binary-lrat-writer.ts";
import { LratChecker } from "../lrat/lrat-checker.ts";
import type { LratObserver } from "../lrat/lrat-checker.ts";
import type { LratReader } from "../lrat/lrat-reader.ts";
import type { Formula } from "../formula.ts";
import { textNumbering } from "../lrat/numbering.ts";
import type { ElaborationInput } from "./clausal-elaboration.ts";
import { proofNumbering } from "./proof-numbering.ts";

/**
 * LRAT about a text becomes LRAT about its canonical form, step by step and after each step has
 * been checked: literals through the renaming, clause numbers anew, duplicates of a clause of the
 * formula as the one that the canonical form has.
 */
export class LratTranslation {
  readonly #checker: LratChecker;
  readonly #writer: BinaryLratWriter;

  constructor(
    formula: Formula,
    { canonical, variables, meter }: ElaborationInput,
    reader: LratReader,
    sink: ProofSink,
  ) {
    const { clauseNumbers, renaming, variableCount, clauses } = canonical;
    this.#writer = new BinaryLratWriter(sink);
    const numbering = proofNumbering(variables, renaming.forward, variableCount);
    const observer = new Translator({
      writer: this.#writer,
      clauseNumbers,
      canonicalCount: clauses.starts.length - 1,
      literalOf: (signed) => numbering.literalOf(signed),
      hints: new IntList(meter),
      literals: new IntList(meter),
    });
    this.#checker = new LratChecker({
      meter,
      reader,
      numbering: textNumbering(variables),
      formulaBytes: formula.byteCount,
      literalCount: formula.literals.length,
      clauseCount: formula.starts.length - 1,
      observer,
    });
    this.#checker.addOriginals(formula);
  }

  push(chunk: Uint8Array): void {
    this.#checker.push(chunk);
  }

  finish(): void {
    this.#checker.finish();
    this.#writer.finish();
  }
}

interface TranslatorParts {
  readonly writer: BinaryLratWriter;
  readonly clauseNumbers: Int32Array;
  readonly canonicalCount: number;
  readonly literalOf: (signed: number) => number;
  readonly hints: IntList;
  readonly literals: IntList;
}

class Translator implements LratObserver {
  readonly #parts: TranslatorParts;
  /** Of clauses that the proof added and that are live. */
  readonly #numbers = new Map<number, number>();
  /** Live copies in the text of each canonical clause. */
  readonly #copies: Int32Array;
  #numberLast: number;

  constructor(parts: TranslatorParts) {
    this.#parts = parts;
    this.#numberLast = parts.canonicalCount;
    this.#copies = new Int32Array(parts.canonicalCount + 1);
    for (const number of parts.clauseNumbers) this.#copies[number]!++;
  }

  onAdd(number: number, _literals: Int32Array, _count: number, reader: LratReader): void {
    const { writer, hints, literals, literalOf } = this.#parts;
    literals.length = 0;
    for (let at = 0; at < reader.literalCount; at++) {
      const literal = literalOf(reader.literals[at]!);
      if (!literals.view().includes(literal)) literals.push(literal);
    }
    this.#translateHints(reader);
    this.#numbers.set(number, ++this.#numberLast);
    writer.add(this.#numberLast, literals.items, literals.length, hints);
  }

  onDelete(reader: LratReader): void {
    const { hints, writer, clauseNumbers } = this.#parts;
    hints.length = 0;
    for (let at = 0; at < reader.hintCount; at++) {
      const number = reader.hints[at]!;
      if (number > clauseNumbers.length) {
        hints.push(this.#numbers.get(number)!);
        this.#numbers.delete(number);
      } else {
        const canonical = clauseNumbers[number - 1]!;
        if (canonical > 0 && --this.#copies[canonical]! === 0) hints.push(canonical);
      }
    }
    writer.delete(hints);
  }

  /** Two candidates of a RAT step that are copies of one clause are one candidate. */
  #translateHints({ hints, hintCount }: LratReader): void {
    const translated = this.#parts.hints;
    translated.length = 0;
    const candidates = new Set<number>();
    let isLeftOut = false;
    for (let at = 0; at < hintCount; at++) {
      const number = this.#numberOf(Math.abs(hints[at]!));
      if (hints[at]! < 0) {
        isLeftOut = number === 0 || candidates.has(number);
        candidates.add(number);
        if (!isLeftOut) translated.push(-number);
      } else if (!isLeftOut) translated.push(number);
    }
  }

  #numberOf(number: number): number {
    const { clauseNumbers } = this.#parts;
    return number <= clauseNumbers.length ? clauseNumbers[number - 1]! : this.#numbers.get(number)!;
  }
}
