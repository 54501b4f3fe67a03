import type { Meter } from "../../frame/meter.ts";
import { reject } from "../../frame/stop.ts";
import { IntList } from "../int-list.ts";
import type { LratReader, LratStep } from "./lrat-reader.ts";
import { BinaryScanner } from "./binary-scanner.ts";
import { StepBuffer } from "./step-buffer.ts";

const ADD = 0x61;
const DELETE = 0x64;

/**
 * Binary LRAT as CaDiCaL writes it: `a` number literals 0 hints 0, `d` numbers 0; each number as
 * the varint of 2·|x| + (x < 0), in its shortest form.
 */
export class BinaryLratReader implements LratReader {
  readonly #buffer: StepBuffer;
  readonly #scanner: BinaryScanner;
  readonly #literals: IntList;
  readonly #hints: IntList;
  number = 0;
  stepOffset = 0;

  /** `headSize`: bytes that stand before the first step and count for offsets. */
  constructor(meter: Meter, headSize = 0) {
    this.#buffer = new StepBuffer(meter, headSize);
    this.#scanner = new BinaryScanner(this.#buffer);
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
    if (!buffer.isWorthReading) return undefined;
    this.stepOffset = buffer.base + buffer.at;
    const kind = buffer.bytes[buffer.at]!;
    if (kind !== ADD && kind !== DELETE) reject("step-unknown", this.stepOffset);
    this.#scanner.next = buffer.at + 1;
    this.#literals.length = 0;
    this.#hints.length = 0;
    const isWhole =
      kind === ADD
        ? this.#readNumber() &&
          this.#scanner.readList(this.#literals) &&
          this.#scanner.readList(this.#hints)
        : this.#scanner.readList(this.#hints);
    if (!isWhole) {
      buffer.wait();
      return undefined;
    }
    buffer.advance(this.#scanner.next);
    return kind === ADD ? "add" : "delete";
  }

  end(): void {
    this.#buffer.hurry();
  }

  expectNoRest(): void {
    if (this.#buffer.at < this.#buffer.bytes.length) reject("cut-short", this.#buffer.end);
  }

  hintOffset(index: number): number {
    const { bytes, base } = this.#buffer;
    let at = this.stepOffset - base;
    const isAdd = bytes[at++] === ADD;
    if (isAdd) {
      while (bytes[at]! >= 0x80) at++;
      at++;
      while (bytes[at] !== 0) at += lengthOf(bytes, at);
      at++;
    }
    for (let count = 0; count < index; count++) at += lengthOf(bytes, at);
    return base + at;
  }

  #readNumber(): boolean {
    const value = this.#scanner.varint();
    if (value < 0) return false;
    if ((value & 1) === 1 || value === 0) reject("clause-number-not-positive", this.stepOffset + 1);
    this.number = value / 2;
    return true;
  }
}

function lengthOf(bytes: Uint8Array, at: number): number {
  let length = 1;
  while (bytes[at + length - 1]! >= 0x80) length++;
  return length;
}
