import type { Meter } from "../../frame/meter.ts";
import { reject } from "../../frame/stop.ts";
import { IntList } from "../int-list.ts";
import { BinaryScanner } from "../lrat/binary-scanner.ts";
import { StepBuffer } from "../lrat/step-buffer.ts";
import type { ClausalReader, ClausalStep } from "./clausal-reader.ts";

const LETTER = { a: 0x61, d: 0x64, f: 0x66, l: 0x6c, o: 0x6f, r: 0x72 } as const;

/** The binary forms of DRAT (`a literals 0`, `d literals 0`) and FRAT (with a number in front). */
export class BinaryClausalReader implements ClausalReader {
  readonly #buffer: StepBuffer;
  readonly #scanner: BinaryScanner;
  readonly #literals: IntList;
  readonly #isFrat: boolean;
  stepOffset = 0;

  constructor(form: "drat" | "frat", meter: Meter) {
    this.#isFrat = form === "frat";
    this.#buffer = new StepBuffer(meter);
    this.#scanner = new BinaryScanner(this.#buffer);
    this.#literals = new IntList(meter);
  }

  get literals(): Int32Array {
    return this.#literals.items;
  }

  get literalCount(): number {
    return this.#literals.length;
  }

  get offset(): number {
    return this.#buffer.base + this.#buffer.at;
  }

  push(chunk: Uint8Array): void {
    this.#buffer.push(chunk);
  }

  end(): void {
    this.#buffer.hurry();
  }

  expectNoRest(): void {
    if (this.#buffer.at < this.#buffer.bytes.length) reject("cut-short", this.#buffer.end);
  }

  next(): ClausalStep | undefined {
    const buffer = this.#buffer;
    if (!buffer.isWorthReading) return undefined;
    this.stepOffset = buffer.base + buffer.at;
    this.#scanner.next = buffer.at + 1;
    this.#literals.length = 0;
    const letter = buffer.bytes[buffer.at]!;
    const isWhole = this.#isFrat ? this.#skipNumber(letter) && this.#list() : this.#list();
    if (!isWhole) {
      buffer.wait();
      return undefined;
    }
    buffer.advance(this.#scanner.next);
    return this.#stepOf(letter);
  }

  #stepOf(letter: number): ClausalStep {
    if (letter === LETTER.a) return "add";
    if (letter === LETTER.d) return "delete";
    const isOther = [LETTER.f, LETTER.l, LETTER.o, LETTER.r].some((one) => one === letter);
    if (!this.#isFrat || !isOther) reject("step-unknown", this.stepOffset);
    return "other";
  }

  #list(): boolean {
    return this.#scanner.readList(this.#literals);
  }

  /** Hints and moves have no clause number in front. */
  #skipNumber(letter: number): boolean {
    return letter === LETTER.l || letter === LETTER.r || this.#scanner.varint() >= 0;
  }
}
