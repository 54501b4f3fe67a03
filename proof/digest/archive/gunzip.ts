import { concatBytes } from "../../../base/bytes.ts";
import { crc32 } from "./crc32.ts";
import { Inflate } from "./inflate.ts";
import { Malformed } from "./malformed.ts";

const HEAD_SIZE = 10;
const TAIL_SIZE = 8;
/** Build outputs shrink by 20 times at most; what shrinks by more is a bomb, or not worth keeping. */
export const EXPANSION_MAX = 200;
const EXPANSION_FREE_BYTES = 1024 * 1024;

/**
 * One gzip member (RFC 1952) with nothing around it: no name, no time, no flags, no second member,
 * nothing behind its end. So what is left open is only how the bytes were compressed.
 */
export class Gunzip {
  readonly #inflate: Inflate;
  #head: Uint8Array | undefined = new Uint8Array(0);
  #inputSize = 0;
  #outputSize = 0;
  #crc = 0;

  /** `pass` gets pieces that are valid during the call only. */
  constructor(pass: (piece: Uint8Array) => void) {
    this.#inflate = new Inflate((piece) => {
      this.#outputSize += piece.length;
      if (this.#outputSize > this.#inputSize * EXPANSION_MAX + EXPANSION_FREE_BYTES) {
        throw new Malformed("it expands too much");
      }
      this.#crc = crc32(this.#crc, piece);
      pass(piece);
    });
  }

  /** @throws Malformed */
  push(chunk: Uint8Array): void {
    this.#inputSize += chunk.length;
    if (this.#head === undefined) return this.#body(chunk);
    this.#head = concatBytes(this.#head, chunk);
    if (this.#head.length < HEAD_SIZE) return;
    const whole = this.#head;
    this.#head = undefined;
    const plain = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0].every((byte, at) => whole[at] === byte);
    if (!plain) throw new Malformed("it is no plain gzip member");
    this.#body(whole.subarray(HEAD_SIZE));
  }

  /** Once, at the end. @throws Malformed */
  finish(): void {
    if (this.#head !== undefined) throw new Malformed("the compressed stream is cut off");
    this.#inflate.push(new Uint8Array(0), true);
    const tail = this.#inflate.rest;
    if (tail.length !== TAIL_SIZE) throw new Malformed("the compressed stream has a wrong end");
    const view = new DataView(tail.buffer, tail.byteOffset, TAIL_SIZE);
    const holds =
      view.getUint32(0, true) === this.#crc && view.getUint32(4, true) === this.#outputSize >>> 0;
    if (!holds) throw new Malformed("the checksum does not hold");
  }

  #body(chunk: Uint8Array): void {
    if (!this.#inflate.isDone) this.#inflate.push(chunk);
    else if (chunk.length > 0) {
      this.#inflate.push(chunk);
      if (this.#inflate.rest.length > TAIL_SIZE) throw new Malformed("something follows the end");
    }
  }
}
