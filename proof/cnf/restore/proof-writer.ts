import { assertUnreachable } from "../../../base/assert.ts";
import { literalOfSigned } from "../formula.ts";
import { BinaryLratWriter } from "../lrat/binary-lrat-writer.ts";
import type { Hints, ProofSink } from "../lrat/binary-lrat-writer.ts";

/** Forms in which other tools read proofs. */
export type ProofForm = "drat" | "drat-binary" | "lrat" | "lrat-binary";

/** Writes a proof in the numbers of a text; literals are signed. */
export interface ProofWriter {
  add(number: number, literals: readonly number[], hints: Hints): void;
  /** `literals` of the clause are known for lemmas only; DRAT deletes nothing else. */
  delete(number: number, literals: readonly number[] | undefined): void;
  finish(): void;
}

export function proofWriter(form: ProofForm, sink: ProofSink): ProofWriter {
  switch (form) {
    case "drat":
      return new TextWriter(sink, false);
    case "lrat":
      return new TextWriter(sink, true);
    case "drat-binary":
      return new BinaryDratWriter(sink);
    case "lrat-binary":
      return new LratWriter(sink);
    default:
      return assertUnreachable(form);
  }
}

const TEXT_CHUNK_SIZE = 1 << 16;

class TextWriter implements ProofWriter {
  readonly #sink: ProofSink;
  readonly #isLrat: boolean;
  readonly #encoder = new TextEncoder();
  #text = "";
  #numberLast = 0;

  constructor(sink: ProofSink, isLrat: boolean) {
    this.#sink = sink;
    this.#isLrat = isLrat;
  }

  add(number: number, literals: readonly number[], hints: Hints): void {
    this.#numberLast = number;
    const clause = [...literals, 0].join(" ");
    const line = this.#isLrat
      ? `${number} ${clause} ${[...Array.from(hints.items).slice(0, hints.length), 0].join(" ")}\n`
      : `${clause}\n`;
    this.#write(line);
  }

  delete(number: number, literals: readonly number[] | undefined): void {
    if (this.#isLrat) this.#write(`${this.#numberLast} d ${number} 0\n`);
    else if (literals !== undefined) this.#write(`d ${[...literals, 0].join(" ")}\n`);
  }

  finish(): void {
    if (this.#text !== "") this.#sink(this.#encoder.encode(this.#text));
    this.#text = "";
  }

  #write(line: string): void {
    this.#text += line;
    if (this.#text.length >= TEXT_CHUNK_SIZE) this.finish();
  }
}

class LratWriter implements ProofWriter {
  readonly #writer: BinaryLratWriter;

  constructor(sink: ProofSink) {
    this.#writer = new BinaryLratWriter(sink);
  }

  add(number: number, literals: readonly number[], hints: Hints): void {
    this.#writer.add(number, literals.map(literalOfSigned), literals.length, hints);
  }

  delete(number: number): void {
    this.#writer.delete({ items: [number], length: 1 });
  }

  finish(): void {
    this.#writer.finish();
  }
}

class BinaryDratWriter implements ProofWriter {
  readonly #sink: ProofSink;
  #bytes: number[] = [];

  constructor(sink: ProofSink) {
    this.#sink = sink;
  }

  add(_number: number, literals: readonly number[]): void {
    this.#step(0x61, literals);
  }

  delete(_number: number, literals: readonly number[] | undefined): void {
    if (literals !== undefined) this.#step(0x64, literals);
  }

  finish(): void {
    if (this.#bytes.length > 0) this.#sink(Uint8Array.from(this.#bytes));
    this.#bytes = [];
  }

  #step(letter: number, literals: readonly number[]): void {
    this.#bytes.push(letter);
    for (const literal of literals) {
      let rest = literal > 0 ? 2 * literal : -2 * literal + 1;
      while (rest >= 0x80) {
        this.#bytes.push((rest % 128) | 0x80);
        rest = Math.floor(rest / 128);
      }
      this.#bytes.push(rest);
    }
    this.#bytes.push(0);
    if (this.#bytes.length >= TEXT_CHUNK_SIZE) this.finish();
  }
}
