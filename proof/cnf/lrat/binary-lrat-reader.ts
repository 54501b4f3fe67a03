import type { Meter } from "../../frame/meter.ts";
import { reject } from "../../frame/stop.ts";
import { IntList } from "../int-list.ts";
import type { LratReader, LratStep } from "./lrat-reader.ts";
import { StepBuffer } from "./step-buffer.ts";

const ADD = 0x61;
const DELETE = 0x64;
/** Two times a number of at most 2^31−1, plus its sign. */
const VARINT_BYTES_MAX = 5;
/** A byte of a varint from here on says that another one follows. */
const MORE = 0x80;

/**
 * Binary LRAT as CaDiCaL writes it: `a` number literals 0 hints 0, `d` numbers 0; each number as
 * the varint of 2·|x| + (x < 0), in its shortest form.
 */
export class BinaryLratReader implements LratReader {
  readonly #buffer: StepBuffer;
  readonly #literals: IntList;
  readonly #hints: IntList;
  /** Behind the number read last; −1 when the bytes end within it. */
  #next = 0;
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
    if (!buffer.isWorthReading) return undefined;
    this.stepOffset = buffer.base + buffer.at;
    const kind = buffer.bytes[buffer.at]!;
    if (kind !== ADD && kind !== DELETE) reject("step-unknown", this.stepOffset);
    this.#next = buffer.at + 1;
    this.#literals.length = 0;
    this.#hints.length = 0;
    const isWhole =
      kind === ADD
        ? this.#readNumber() && this.#readList(this.#literals) && this.#readList(this.#hints)
        : this.#readList(this.#hints);
    if (!isWhole) {
      buffer.wait();
      return undefined;
    }
    buffer.advance(this.#next);
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
    const value = this.#varint();
    if (value < 0) return false;
    if ((value & 1) === 1 || value === 0) reject("clause-number-not-positive", this.stepOffset + 1);
    this.number = value / 2;
    return true;
  }

  /** False: the bytes end before the list does. Numbers of up to three bytes are decoded here. */
  #readList(list: IntList): boolean {
    const { bytes } = this.#buffer;
    const fastEnd = bytes.length - 3;
    let at = this.#next;
    let { items, length } = list;
    for (;;) {
      let value = at < fastEnd ? bytes[at]! : MORE;
      if (value < MORE) at++;
      else {
        const second = at < fastEnd ? bytes[at + 1]! : 0;
        const third = second >= MORE ? bytes[at + 2]! : 0;
        if (second !== 0 && second < MORE) {
          value = (value & 0x7f) | (second << 7);
          at += 2;
        } else if (third !== 0 && third < MORE) {
          value = (value & 0x7f) | ((second & 0x7f) << 7) | (third << 14);
          at += 3;
        } else {
          this.#next = at;
          value = this.#varint();
          if (value < 0) return false;
          at = this.#next;
        }
      }
      if (value === 0) break;
      if (value === 1) reject("number-not-shortest", this.#buffer.base + at - 1);
      if (length === items.length) {
        list.length = length;
        list.reserve(1);
        items = list.items;
      }
      const magnitude = value >>> 1;
      items[length++] = (value & 1) === 0 ? magnitude : -magnitude;
    }
    list.length = length;
    this.#next = at;
    return true;
  }

  /** −1: the bytes end within it. At most 2^32−1. */
  #varint(): number {
    const { bytes, base } = this.#buffer;
    const start = this.#next;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      const byte = bytes[start + count];
      if (byte === undefined) return -1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && count > 0) reject("number-not-shortest", base + start);
        if (value > 0xffff_ffff) break;
        this.#next = start + count + 1;
        return value;
      }
      scale *= 128;
    }
    return reject("number-too-large", base + start);
  }
}

function lengthOf(bytes: Uint8Array, at: number): number {
  let length = 1;
  while (bytes[at + length - 1]! >= 0x80) length++;
  return length;
}
