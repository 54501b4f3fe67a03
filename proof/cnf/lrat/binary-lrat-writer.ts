const CHUNK_SIZE = 1 << 16;
const NUMBER_BYTES_MAX = 5;
const ADD = 0x61;
const DELETE = 0x64;

/** Takes a proof piece by piece; a piece is the taker's own. */
export type ProofSink = (chunk: Uint8Array) => void;

/** Writes what {@link BinaryLratReader} reads, in pieces of about 64 KiB. */
export class BinaryLratWriter {
  readonly #sink: ProofSink;
  #bytes = new Uint8Array(CHUNK_SIZE);
  #size = 0;
  byteCount = 0;

  constructor(sink: ProofSink) {
    this.#sink = sink;
  }

  /** Literals as in formula.ts; a hint is negative where it names a candidate of a RAT step. */
  add(number: number, literals: ArrayLike<number>, count: number, hints: Hints): void {
    this.#start(ADD);
    this.#varint(2 * number);
    for (let at = 0; at < count; at++) this.#varint(literals[at]! + 2);
    this.#varint(0);
    for (let at = 0; at < hints.length; at++) {
      const hint = hints.items[at]!;
      this.#varint(hint < 0 ? -2 * hint + 1 : 2 * hint);
    }
    this.#varint(0);
  }

  delete(numbers: Hints): void {
    if (numbers.length === 0) return;
    this.#start(DELETE);
    for (let at = 0; at < numbers.length; at++) this.#varint(2 * numbers.items[at]!);
    this.#varint(0);
  }

  /** Hands the rest to the sink. */
  finish(): void {
    this.#flush();
  }

  #start(kind: number): void {
    if (this.#size + 1 > this.#bytes.length) this.#flush();
    this.#bytes[this.#size++] = kind;
  }

  #varint(value: number): void {
    if (this.#size + NUMBER_BYTES_MAX > this.#bytes.length) this.#flush();
    const bytes = this.#bytes;
    let rest = value;
    while (rest >= 0x80) {
      bytes[this.#size++] = (rest & 0x7f) | 0x80;
      rest = rest > 0x7fff_ffff ? Math.floor(rest / 128) : rest >>> 7;
    }
    bytes[this.#size++] = rest;
  }

  #flush(): void {
    if (this.#size === 0) return;
    this.byteCount += this.#size;
    this.#sink(this.#bytes.slice(0, this.#size));
    this.#size = 0;
  }
}

/** The filled part of a list of numbers. */
export interface Hints {
  readonly items: ArrayLike<number>;
  readonly length: number;
}
