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
import type { IntList } from "../int-list.ts";
import type { StepBuffer } from "./step-buffer.ts";

const LETTER_C = 0x63;
/** A number below has no digit too many after one more. */
const PLAIN_MAX = 100_000_000;

/** The numbers of a proof as text. Lines and spaces part them and mean nothing else. */
export class TextScanner {
  readonly buffer: StepBuffer;
  /** No chunk comes any more: a number may end where the bytes do. */
  isLast = false;
  /** Where the next number is looked for. */
  next = 0;
  /** Of the number read last. */
  value = 0;

  constructor(buffer: StepBuffer) {
    this.buffer = buffer;
  }

  /** Numbers that are plain (single space, few digits) are read here, all others one by one. */
  readList(list: IntList): boolean {
    const { bytes } = this.buffer;
    const end = bytes.length;
    let at = this.next;
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
      this.next = start;
      if (!this.readNumber()) return false;
      at = this.next;
      if (this.value === 0) break;
      list.push(this.value);
    }
    this.next = at;
    return true;
  }

  /** False: the bytes end before it, or so that it may go on. */
  readNumber(): boolean {
    const { bytes, base } = this.buffer;
    let at = this.next;
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
      if (at === first || !this.isLast) return false;
    } else if (!isSpace(byte) || at === first) reject("not-a-number", base + at);
    if (bytes[first] === ZERO && (at > first + 1 || isNegative)) {
      reject("number-not-shortest", base + start);
    }
    this.next = at;
    this.value = isNegative ? -value : value;
    return true;
  }

  skipSpaces(): void {
    while (isSpace(this.buffer.bytes[this.next])) this.next++;
  }

  /** False: nothing but blanks and comments so far. */
  skipBlank(): boolean {
    const buffer = this.buffer;
    const { bytes } = buffer;
    let { at } = buffer;
    for (;;) {
      while (isSpace(bytes[at])) at++;
      if (bytes[at] !== LETTER_C) break;
      const end = bytes.indexOf(NEWLINE, at);
      if (end < 0 && !this.isLast) break;
      at = end < 0 ? bytes.length : end + 1;
    }
    if (at > buffer.at) buffer.advance(at);
    if (at < bytes.length && bytes[at] === LETTER_C) buffer.wait();
    return at < bytes.length && bytes[at] !== LETTER_C;
  }
}
