import type { Meter } from "../../frame/meter.ts";
import { reject } from "../../frame/stop.ts";
import { isDigit, isSpace, MINUS } from "../dimacs/text-numbers.ts";
import { IntList } from "../int-list.ts";
import { StepBuffer } from "../lrat/step-buffer.ts";
import { TextScanner } from "../lrat/text-scanner.ts";
import type { ClausalReader, ClausalStep } from "./clausal-reader.ts";

const LETTER = { a: 0x61, d: 0x64, f: 0x66, l: 0x6c, o: 0x6f, r: 0x72 } as const;

/**
 * DRAT as text (`literals 0`, `d literals 0`), and FRAT as text (`a number literals 0 l hints 0`,
 * `d number literals 0`, and `o`, `f`, `r` lines, which change no clauses).
 */
export class TextClausalReader implements ClausalReader {
  readonly #buffer: StepBuffer;
  readonly #scanner: TextScanner;
  readonly #literals: IntList;
  readonly #skipped: IntList;
  readonly #isFrat: boolean;
  stepOffset = 0;

  constructor(form: "drat" | "frat", meter: Meter) {
    this.#isFrat = form === "frat";
    this.#buffer = new StepBuffer(meter);
    this.#scanner = new TextScanner(this.#buffer);
    this.#literals = new IntList(meter);
    this.#skipped = new IntList(meter);
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
    this.#scanner.isLast = true;
    this.#buffer.hurry();
  }

  expectNoRest(): void {
    if (this.#scanner.skipBlank()) reject("cut-short", this.#buffer.end);
  }

  next(): ClausalStep | undefined {
    const buffer = this.#buffer;
    if (!buffer.isWorthReading || !this.#scanner.skipBlank()) return undefined;
    this.stepOffset = buffer.base + buffer.at;
    this.#scanner.next = buffer.at;
    this.#literals.length = 0;
    this.#skipped.length = 0;
    const step = this.#isFrat ? this.#fratStep() : this.#dratStep();
    if (step === undefined) buffer.wait();
    else buffer.advance(this.#scanner.next);
    return step;
  }

  #dratStep(): ClausalStep | undefined {
    const letter = this.#letter();
    if (letter === undefined) return this.#scanner.readList(this.#literals) ? "add" : undefined;
    if (letter !== LETTER.d) reject("step-unknown", this.stepOffset);
    return this.#scanner.readList(this.#literals) ? "delete" : undefined;
  }

  #fratStep(): ClausalStep | undefined {
    const letter = this.#letter();
    const isStep = letter !== undefined && [...Object.values(LETTER)].some((one) => one === letter);
    if (!isStep) reject("step-unknown", this.stepOffset);
    if (letter === LETTER.l || letter === LETTER.r) {
      return this.#scanner.readList(this.#skipped) ? "other" : undefined;
    }
    if (!this.#scanner.readNumber() || !this.#scanner.readList(this.#literals)) return undefined;
    if (letter === LETTER.a) return "add";
    return letter === LETTER.d ? "delete" : "other";
  }

  /** Undefined: the step begins with a number. */
  #letter(): number | undefined {
    const { bytes, base } = this.#buffer;
    const byte = bytes[this.#scanner.next]!;
    if (isDigit(byte) || byte === MINUS) return undefined;
    this.#scanner.next++;
    const behind = bytes[this.#scanner.next];
    if (behind !== undefined && !isSpace(behind)) reject("not-a-number", base + this.#scanner.next);
    return byte;
  }
}
