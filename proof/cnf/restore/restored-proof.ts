import type { Meter } from "../../frame/meter.ts";
import { invert } from "../../frame/renaming.ts";
import type { CanonicalFormula } from "../canonical/canonical-cnf.ts";
import type { Formula } from "../formula.ts";
import { IntList } from "../int-list.ts";
import type { ProofSink } from "../lrat/binary-lrat-writer.ts";
import { BinaryLratReader } from "../lrat/binary-lrat-reader.ts";
import { proofWriter } from "./proof-writer.ts";
import type { ProofForm, ProofWriter } from "./proof-writer.ts";

/**
 * The way back: LRAT about the canonical form becomes a proof about the text, in the text's own
 * numbers, so that any tool can check it against the file that it knows. Variables that the proof
 * brought in come behind the text's largest.
 */
export class RestoredProof {
  readonly #reader: BinaryLratReader;
  readonly #writer: ProofWriter;
  /** By canonical variable: the text's signed number. */
  readonly #signed: Int32Array;
  readonly #largestName: number;
  /** By canonical clause: the number of the first clause of the text that became it. */
  readonly #originals: Int32Array;
  /** What is added to the number of a canonical proof's own clause. */
  readonly #shift: number;
  readonly #lemmas = new Map<number, readonly number[]>();
  readonly #hints: IntList;

  constructor(
    formula: Formula,
    canonical: CanonicalFormula,
    form: ProofForm,
    sink: ProofSink,
    meter: Meter,
  ) {
    const { clauseNumbers, clauses, renaming, variableCount } = canonical;
    const canonicalCount = clauses.starts.length - 1;
    this.#reader = new BinaryLratReader(meter);
    this.#writer = proofWriter(form, sink);
    this.#hints = new IntList(meter);
    const { names } = formula;
    this.#signed = invert(renaming, variableCount).map(
      (entry) => Math.sign(entry) * names[Math.abs(entry) - 1]!,
    );
    this.#largestName = names.reduce((one, other) => Math.max(one, other), 0);
    this.#originals = new Int32Array(canonicalCount + 1);
    for (let index = clauseNumbers.length - 1; index >= 0; index--) {
      this.#originals[clauseNumbers[index]!] = index + 1;
    }
    this.#shift = clauseNumbers.length - canonicalCount;
  }

  push(chunk: Uint8Array): void {
    const reader = this.#reader;
    reader.push(chunk);
    for (let step = reader.next(); step !== undefined; step = reader.next()) {
      if (step === "add") this.#add();
      else this.#delete();
    }
  }

  finish(): void {
    this.#reader.end();
    this.#reader.expectNoRest();
    this.#writer.finish();
  }

  #add(): void {
    const { number, literals, literalCount, hints, hintCount } = this.#reader;
    const restored = Array.from(literals.subarray(0, literalCount), (signed) =>
      this.#restore(signed),
    );
    this.#hints.length = 0;
    for (let at = 0; at < hintCount; at++) {
      const hint = hints[at]!;
      this.#hints.push(Math.sign(hint) * this.#numberOf(Math.abs(hint)));
    }
    this.#lemmas.set(number, restored);
    this.#writer.add(number + this.#shift, restored, this.#hints);
  }

  #delete(): void {
    const { hints, hintCount } = this.#reader;
    for (let at = 0; at < hintCount; at++) {
      const number = hints[at]!;
      this.#writer.delete(this.#numberOf(number), this.#lemmas.get(number));
      this.#lemmas.delete(number);
    }
  }

  #restore(signed: number): number {
    const variable = Math.abs(signed) - 1;
    const name =
      variable < this.#signed.length
        ? this.#signed[variable]!
        : this.#largestName + 1 + variable - this.#signed.length;
    return Math.sign(signed) * name;
  }

  #numberOf(number: number): number {
    return number < this.#originals.length ? this.#originals[number]! : number + this.#shift;
  }
}
