import { reject } from "../../frame/stop.ts";
import type { IntList } from "../int-list.ts";
import type { StepBuffer } from "./step-buffer.ts";

/** Two times a number of at most 2^31−1, plus its sign. */
const VARINT_BYTES_MAX = 5;
/** A byte of a varint from here on says that another one follows. */
const MORE = 0x80;

/** The numbers of a binary proof: varints of 2·|x| + (x < 0), in their shortest form. */
export class BinaryScanner {
  readonly buffer: StepBuffer;
  /** Where the next number is read. */
  next = 0;

  constructor(buffer: StepBuffer) {
    this.buffer = buffer;
  }

  /** False: the bytes end before the list does. Numbers of up to three bytes are decoded here. */
  readList(list: IntList): boolean {
    const { bytes } = this.buffer;
    const fastEnd = bytes.length - 3;
    let at = this.next;
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
          this.next = at;
          value = this.varint();
          if (value < 0) return false;
          at = this.next;
        }
      }
      if (value === 0) break;
      if (value === 1) reject("number-not-shortest", this.buffer.base + at - 1);
      if (length === items.length) {
        list.length = length;
        list.reserve(1);
        items = list.items;
      }
      const magnitude = value >>> 1;
      items[length++] = (value & 1) === 0 ? magnitude : -magnitude;
    }
    list.length = length;
    this.next = at;
    return true;
  }

  /** −1: the bytes end within it. At most 2^32−1. */
  varint(): number {
    const { bytes, base } = this.buffer;
    const start = this.next;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      const byte = bytes[start + count];
      if (byte === undefined) return -1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && count > 0) reject("number-not-shortest", base + start);
        if (value > 0xffff_ffff) break;
        this.next = start + count + 1;
        return value;
      }
      scale *= 128;
    }
    return reject("number-too-large", base + start);
  }
}
