import type { Meter } from "../../frame/meter.ts";
import { reject } from "../../frame/stop.ts";
import {
  MINUS,
  NEWLINE,
  NUMBER_MAX,
  SPACE,
  ZERO,
  isDigit,
  isSpace,
} from "../dimacs/text-numbers.ts";
import { IntList } from "../int-list.ts";
import type { LratReader, LratStep } from "./lrat-reader.ts";
import { StepBuffer } from "./step-buffer.ts";

const LETTER_C = 0x63;
const LETTER_D = 0x64;
/** A number below has no digit too many after one more. */
const PLAIN_MAX = 100_000_000;

/**
 * LRAT as text: `number literals 0 hints 0`, `number d numbers 0`. Lines and spaces part numbers
 * and mean nothing else; a step that begins with `c` is a comment up to its line's end.
 */
export class TextLratReader implements LratReader {
  readonly #buffer: StepBuffer;
  readonly #literals: IntList;
  readonly #hints: IntList;
  #isLast = false;
  /** Where the next number is looked for. */
  #next = 0;
  /** Of the number read last. */
  #value = 0;
  number = 0;
  stepOffset = 0;

  constructor(meter: Meter) {
    this.#buffer = new StepBuffer(meter);
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
    if (!buffer.isWorthReading || !this.#skipBlank()) return undefined;
    this.stepOffset = buffer.base + buffer.at;
    this.#next = buffer.at;
    this.#literals.length = 0;
    this.#hints.length = 0;
    const step = this.#readStep();
    if (step === undefined) buffer.wait();
    else buffer.advance(this.#next);
    return step;
  }

  end(): void {
    this.#isLast = true;
    this.#buffer.hurry();
  }

  expectNoRest(): void {
    if (this.#skipBlank()) reject("cut-short", this.#buffer.end);
  }

  hintOffset(index: number): number {
    const { base } = this.#buffer;
    this.#next = this.stepOffset - base;
    this.#readNumber();
    this.#skipSpaces();
    if (this.#buffer.bytes[this.#next] === LETTER_D) this.#next++;
    else while (this.#readNumber() && this.#value !== 0);
    for (let count = 0; count < index; count++) this.#readNumber();
    this.#skipSpaces();
    return base + this.#next;
  }

  #readStep(): LratStep | undefined {
    const { bytes, base } = this.#buffer;
    if (!this.#readNumber()) return undefined;
    if (this.#value <= 0) reject("clause-number-not-positive", this.stepOffset);
    this.number = this.#value;
    this.#skipSpaces();
    if (bytes[this.#next] === LETTER_D) {
      this.#next++;
      if (this.#next >= bytes.length) return undefined;
      if (!isSpace(bytes[this.#next])) reject("not-a-number", base + this.#next);
      return this.#readList(this.#hints) ? "delete" : undefined;
    }
    return this.#readList(this.#literals) && this.#readList(this.#hints) ? "add" : undefined;
  }

  /** Numbers that are plain (single space, few digits) are read here, all others one by one. */
  #readList(list: IntList): boolean {
    const { bytes } = this.#buffer;
    const end = bytes.length;
    let at = this.#next;
    for (;;) {
      const start = at;
      if (at < end && bytes[at] === SPACE) at++;
      const isNegative = at < end && bytes[at] === MINUS;
      if (isNegative) at++;
      const first = at;
      let value = 0;
      while (at < end && value < PLAIN_MAX) {
        const digit = bytes[at]! - ZERO;
        if (digit < 0 || digit > 9) break;
        value = 10 * value + digit;
        at++;
      }
      const isPlain = at < end && bytes[at]! <= SPACE && value < PLAIN_MAX && at > first;
      if (isPlain && (bytes[first]! !== ZERO || (at === first + 1 && !isNegative))) {
        if (value === 0) break;
        list.push(isNegative ? -value : value);
        continue;
      }
      this.#next = start;
      if (!this.#readNumber()) return false;
      at = this.#next;
      if (this.#value === 0) break;
      list.push(this.#value);
    }
    this.#next = at;
    return true;
  }

  /** False: the bytes end before it, or so that it may go on. */
  #readNumber(): boolean {
    const { bytes, base } = this.#buffer;
    let at = this.#next;
    let byte = bytes[at];
    while (byte === 0x20 || isSpace(byte)) byte = bytes[++at];
    const start = at;
    const isNegative = byte === MINUS;
    if (isNegative) byte = bytes[++at];
    const first = at;
    let value = 0;
    while (isDigit(byte)) {
      value = 10 * value + byte! - ZERO;
      if (value > NUMBER_MAX) reject("number-too-large", base + start);
      byte = bytes[++at];
    }
    if (byte === undefined) {
      if (at === first || !this.#isLast) return false;
    } else if (!isSpace(byte) || at === first) reject("not-a-number", base + at);
    if (bytes[first] === ZERO && (at > first + 1 || isNegative)) {
      reject("number-not-shortest", base + start);
    }
    this.#next = at;
    this.#value = isNegative ? -value : value;
    return true;
  }

  #skipSpaces(): void {
    while (isSpace(this.#buffer.bytes[this.#next])) this.#next++;
  }

  /** False: nothing but blanks and comments so far. */
  #skipBlank(): boolean {
    const buffer = this.#buffer;
    const { bytes } = buffer;
    let { at } = buffer;
    for (;;) {
      while (isSpace(bytes[at])) at++;
      if (bytes[at] !== LETTER_C) break;
      const end = bytes.indexOf(NEWLINE, at);
      if (end < 0 && !this.#isLast) break;
      at = end < 0 ? bytes.length : end + 1;
    }
    if (at > buffer.at) buffer.advance(at);
    if (at < bytes.length && bytes[at] === LETTER_C) buffer.wait();
    return at < bytes.length && bytes[at] !== LETTER_C;
  }
}
