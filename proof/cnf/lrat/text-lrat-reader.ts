import type { Meter } from "../../frame/meter.ts";
import { reject } from "../../frame/stop.ts";
import { isSpace } from "../dimacs/text-numbers.ts";
import { IntList } from "../int-list.ts";
import type { LratReader, LratStep } from "./lrat-reader.ts";
import { StepBuffer } from "./step-buffer.ts";
import { TextScanner } from "./text-scanner.ts";

const LETTER_D = 0x64;

/**
 * LRAT as text: `number literals 0 hints 0`, `number d numbers 0`. Lines and spaces part numbers
 * and mean nothing else; a step that begins with `c` is a comment up to its line's end.
 */
export class TextLratReader implements LratReader {
  readonly #buffer: StepBuffer;
  readonly #scanner: TextScanner;
  readonly #literals: IntList;
  readonly #hints: IntList;
  number = 0;
  stepOffset = 0;

  constructor(meter: Meter) {
    this.#buffer = new StepBuffer(meter);
    this.#scanner = new TextScanner(this.#buffer);
    this.#literals = new IntList(meter);
    this.#hints = new IntList(meter);
  }

  get literals(): Int32Array {
    return this.#literals.items;
  }

  get literalCount(): number {
    return this.#literals.length;
  }

  get hints(): Int32Array {
    return this.#hints.items;
  }

  get hintCount(): number {
    return this.#hints.length;
  }

  get offset(): number {
    return this.#buffer.base + this.#buffer.at;
  }

  push(chunk: Uint8Array): void {
    this.#buffer.push(chunk);
  }

  next(): LratStep | undefined {
    const buffer = this.#buffer;
    if (!buffer.isWorthReading || !this.#scanner.skipBlank()) return undefined;
    this.stepOffset = buffer.base + buffer.at;
    this.#scanner.next = buffer.at;
    this.#literals.length = 0;
    this.#hints.length = 0;
    const step = this.#readStep();
    if (step === undefined) buffer.wait();
    else buffer.advance(this.#scanner.next);
    return step;
  }

  end(): void {
    this.#scanner.isLast = true;
    this.#buffer.hurry();
  }

  expectNoRest(): void {
    if (this.#scanner.skipBlank()) reject("cut-short", this.#buffer.end);
  }

  hintOffset(index: number): number {
    const { base } = this.#buffer;
    this.#scanner.next = this.stepOffset - base;
    this.#scanner.readNumber();
    this.#scanner.skipSpaces();
    if (this.#buffer.bytes[this.#scanner.next] === LETTER_D) this.#scanner.next++;
    else while (this.#scanner.readNumber() && this.#scanner.value !== 0);
    for (let count = 0; count < index; count++) this.#scanner.readNumber();
    this.#scanner.skipSpaces();
    return base + this.#scanner.next;
  }

  #readStep(): LratStep | undefined {
    const { bytes, base } = this.#buffer;
    if (!this.#scanner.readNumber()) return undefined;
    if (this.#scanner.value <= 0) reject("clause-number-not-positive", this.stepOffset);
    this.number = this.#scanner.value;
    this.#scanner.skipSpaces();
    if (bytes[this.#scanner.next] === LETTER_D) {
      this.#scanner.next++;
      if (this.#scanner.next >= bytes.length) return undefined;
      if (!isSpace(bytes[this.#scanner.next])) reject("not-a-number", base + this.#scanner.next);
      return this.#scanner.readList(this.#hints) ? "delete" : undefined;
    }
    return this.#scanner.readList(this.#literals) && this.#scanner.readList(this.#hints)
      ? "add"
      : undefined;
  }
}
