import { Huffman } from "./huffman.ts";
import { Malformed } from "./malformed.ts";

const WINDOW_BYTES = 32 * 1024;
const OUTPUT_BYTES = 3 * WINDOW_BYTES;
/** The longest that can follow before the next look: a match is at most 48 bits and 258 bytes. */
const MATCH_BYTES_MAX = 8;
const MATCH_SIZE_MAX = 258;
/** The head of a block with its two codes: 17 + 19·3 + 320·14 bits. */
const BLOCK_HEAD_BYTES_MAX = 580;

const LENGTH_BASE = Uint16Array.of(
  ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27],
  ...[31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258],
);
const LENGTH_BITS = Uint8Array.of(
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
);
const DISTANCE_BASE = Uint16Array.of(
  ...[1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769],
  ...[1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577],
);
const DISTANCE_BITS = Uint8Array.of(
  ...[0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12],
  ...[13, 13],
);
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const FIXED_LENGTHS = new Huffman(
  Uint8Array.from({ length: 288 }, (_, symbol) =>
    symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
  ),
);
const FIXED_DISTANCES = new Huffman(new Uint8Array(32).fill(5));

type State = "head" | "stored" | "coded" | "done";

/**
 * Decompresses one deflate stream (RFC 1951) in pieces. Written here because replicas and browsers
 * judge compressed bodies with the same code, synchronously and in bounded memory: a window, one
 * output buffer, and a rest of input that is shorter than a block's head.
 */
export class Inflate {
  readonly #pass: (piece: Uint8Array) => void;
  readonly #output = new Uint8Array(OUTPUT_BYTES);
  /** Bytes of `#output` that were passed on already, and that are filled. */
  #passed = 0;
  #filled = 0;
  #input: Uint8Array = new Uint8Array(0);
  #at = 0;
  #bits = 0;
  #bitCount = 0;
  #state: State = "head";
  #isLast = false;
  #storedLeft = 0;
  #lengths: Huffman = FIXED_LENGTHS;
  #distances: Huffman = FIXED_DISTANCES;

  /** `pass` gets pieces that are valid during the call only. */
  constructor(pass: (piece: Uint8Array) => void) {
    this.#pass = pass;
  }

  get isDone(): boolean {
    return this.#state === "done";
  }

  /** Once done: what came after the end of the stream, so far. */
  get rest(): Uint8Array {
    return this.#input.subarray(this.#at);
  }

  /** `isEnd`: nothing follows, so what is there must do. @throws Malformed */
  push(chunk: Uint8Array, isEnd = false): void {
    this.#take(chunk);
    while (this.#state !== "done") {
      const left = this.#input.length - this.#at;
      if (this.#state === "head") {
        if (left < BLOCK_HEAD_BYTES_MAX && !isEnd) return;
        this.#readHead();
      } else if (this.#state === "stored") {
        if (left === 0) break;
        this.#copyStored();
      } else {
        if (left < MATCH_BYTES_MAX && !isEnd) return;
        this.#decode(isEnd);
      }
    }
    if (this.#state === "done") this.#flush();
    else if (isEnd) throw new Malformed("the compressed stream is cut off");
  }

  /** Whole bytes that are in the bit buffer stay: the stream may end before them. */
  #take(chunk: Uint8Array): void {
    const ahead = this.#bitCount >>> 3;
    const left = this.#input.subarray(this.#at - ahead);
    if (left.length === 0) {
      this.#input = chunk.slice();
    } else {
      const joined = new Uint8Array(left.length + chunk.length);
      joined.set(left);
      joined.set(chunk, left.length);
      this.#input = joined;
    }
    this.#at = ahead;
  }

  /** Up to 16 bits; beyond the end of the input it is malformed. */
  #take16(count: number): number {
    while (this.#bitCount < count) {
      if (this.#at >= this.#input.length) throw new Malformed("the compressed stream is cut off");
      this.#bits |= this.#input[this.#at++]! << this.#bitCount;
      this.#bitCount += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  #readHead(): void {
    this.#isLast = this.#take16(1) === 1;
    const type = this.#take16(2);
    if (type === 0) this.#readStored();
    else if (type === 1) {
      this.#lengths = FIXED_LENGTHS;
      this.#distances = FIXED_DISTANCES;
      this.#state = "coded";
    } else if (type === 2) this.#readCodes();
    else throw new Malformed("a block is of no known type");
  }

  #readStored(): void {
    this.#take16(this.#bitCount & 7);
    const size = this.#take16(16);
    const check = this.#take16(16);
    if (size !== (check ^ 0xffff)) throw new Malformed("a stored block's size is damaged");
    // Whole bytes that are in the bit buffer belong to the block.
    this.#at -= this.#bitCount >>> 3;
    this.#bits = 0;
    this.#bitCount = 0;
    this.#storedLeft = size;
    this.#state = "stored";
    if (size === 0) this.#endBlock();
  }

  #copyStored(): void {
    this.#makeRoom(MATCH_SIZE_MAX);
    const size = Math.min(
      this.#storedLeft,
      this.#input.length - this.#at,
      OUTPUT_BYTES - this.#filled,
    );
    this.#output.set(this.#input.subarray(this.#at, this.#at + size), this.#filled);
    this.#filled += size;
    this.#at += size;
    this.#storedLeft -= size;
    if (this.#storedLeft === 0) this.#endBlock();
  }

  #readCodes(): void {
    const lengthCount = this.#take16(5) + 257;
    const distanceCount = this.#take16(5) + 1;
    const codeCount = this.#take16(4) + 4;
    if (lengthCount > 286 || distanceCount > 30) throw new Malformed("a code has too many words");
    const order = new Uint8Array(19);
    for (let index = 0; index < codeCount; index++) order[CODE_ORDER[index]!] = this.#take16(3);
    const lengths = this.#readLengths(new Huffman(order), lengthCount + distanceCount);
    if (lengths[256] === 0) throw new Malformed("a block has no end");
    this.#lengths = new Huffman(lengths.subarray(0, lengthCount));
    this.#distances = new Huffman(lengths.subarray(lengthCount));
    this.#state = "coded";
  }

  #readLengths(code: Huffman, count: number): Uint8Array {
    const lengths = new Uint8Array(count);
    for (let index = 0; index < count;) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths[index++] = symbol;
        continue;
      }
      if (symbol === 16 && index === 0) throw new Malformed("a code repeats nothing");
      const value = symbol === 16 ? lengths[index - 1]! : 0;
      const times =
        symbol === 16
          ? 3 + this.#take16(2)
          : symbol === 17
            ? 3 + this.#take16(3)
            : 11 + this.#take16(7);
      if (index + times > count) throw new Malformed("a code repeats beyond its end");
      lengths.fill(value, index, index + times);
      index += times;
    }
    return lengths;
  }

  #symbol(code: Huffman): number {
    while (this.#bitCount < 15 && this.#at < this.#input.length) {
      this.#bits |= this.#input[this.#at++]! << this.#bitCount;
      this.#bitCount += 8;
    }
    const found = code.fast[this.#bits & 511]! || code.slow(this.#bits);
    const length = found & 15;
    if (length > this.#bitCount) throw new Malformed("the compressed stream is cut off");
    this.#bits >>>= length;
    this.#bitCount -= length;
    return found >>> 4;
  }

  /** Literals and matches, until the block, the input or the room for output ends. */
  #decode(isEnd: boolean): void {
    const inputMax = isEnd ? this.#input.length : this.#input.length - MATCH_BYTES_MAX;
    this.#makeRoom(MATCH_SIZE_MAX);
    const outputMax = OUTPUT_BYTES - MATCH_SIZE_MAX;
    do {
      const symbol = this.#symbol(this.#lengths);
      if (symbol < 256) this.#output[this.#filled++] = symbol;
      else if (symbol === 256) return this.#endBlock();
      else this.#copyMatch(symbol - 257);
    } while (this.#at <= inputMax && this.#filled <= outputMax);
  }

  #copyMatch(index: number): void {
    if (index > 28) throw new Malformed("a match has no length");
    const length = LENGTH_BASE[index]! + this.#take16(LENGTH_BITS[index]!);
    const symbol = this.#symbol(this.#distances);
    if (symbol > 29) throw new Malformed("a match has no distance");
    const distance = DISTANCE_BASE[symbol]! + this.#take16(DISTANCE_BITS[symbol]!);
    const output = this.#output;
    let to = this.#filled;
    if (distance > to) throw new Malformed("a match reaches before the beginning");
    this.#filled += length;
    if (distance >= length) {
      output.copyWithin(to, to - distance, to - distance + length);
      return;
    }
    for (const end = this.#filled; to < end; to++) output[to] = output[to - distance]!;
  }

  #endBlock(): void {
    this.#state = this.#isLast ? "done" : "head";
    if (!this.#isLast) return;
    // Whole bytes that are in the bit buffer belong to what follows the stream.
    this.#at -= this.#bitCount >>> 3;
    this.#bits = 0;
    this.#bitCount = 0;
  }

  #makeRoom(size: number): void {
    if (this.#filled + size <= OUTPUT_BYTES) return;
    this.#flush();
    this.#output.copyWithin(0, this.#filled - WINDOW_BYTES, this.#filled);
    this.#filled = WINDOW_BYTES;
    this.#passed = WINDOW_BYTES;
  }

  #flush(): void {
    if (this.#passed === this.#filled) return;
    this.#pass(this.#output.subarray(this.#passed, this.#filled));
    this.#passed = this.#filled;
  }
}
