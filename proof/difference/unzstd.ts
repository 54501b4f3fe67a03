import { Malformed } from "../digest/archive/malformed.ts";
import { BackwardBits, bitsAt } from "./backward-bits.ts";
import type { FseTable, HuffmanTable } from "./zstd-tables.ts";
import * as tables from "./zstd-tables.ts";

/**
 * Zstandard (RFC 8878) for reading what tools have packed: no dictionaries, and the content's own
 * checksum is not looked at, because whoever calls has a hash over the packed bytes.
 */

const MAGIC = 0xfd2fb528;
const BLOCK_BYTES_MAX = 128 * 1024;

/** @throws Malformed when it is none, is damaged, or would take more than `bytesMax` */
export function unzstd(packed: Uint8Array, bytesMax: number): Uint8Array {
  const output = new Output(bytesMax);
  let at = 0;
  do at = readFrame(packed, at, output);
  while (at < packed.length);
  return output.bytes();
}

class Output {
  #bytes = new Uint8Array(64 * 1024);
  size = 0;
  readonly #sizeMax: number;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  add(piece: Uint8Array): void {
    this.#reserve(piece.length);
    this.#bytes.set(piece, this.size);
    this.size += piece.length;
  }

  /** Byte by byte where it overlaps itself. */
  repeat(distance: number, count: number, from: number): void {
    if (distance > this.size - from) throw new Malformed("a match lies before the beginning");
    this.#reserve(count);
    for (let index = 0; index < count; index++, this.size++) {
      this.#bytes[this.size] = this.#bytes[this.size - distance]!;
    }
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.size);
  }

  #reserve(count: number): void {
    const needed = this.size + count;
    if (needed > this.#sizeMax) throw new Malformed("it is too large to be looked into");
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.min(this.#sizeMax, 2 * needed));
    grown.set(this.bytes());
    this.#bytes = grown;
  }
}

/** Where the next one begins. */
function readFrame(packed: Uint8Array, start: number, output: Output): number {
  const magic = number(packed, start, 4);
  if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) return start + 8 + number(packed, start + 4, 4);
  const descriptor = packed[start + 4];
  if (magic !== MAGIC || descriptor === undefined) throw new Malformed("it is no zstd frame");
  if ((descriptor & 0b1011) !== 0) throw new Malformed("the frame needs a dictionary");
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeSize = sizeFlag === 0 ? (isSingle ? 1 : 0) : 1 << sizeFlag;
  let at = start + 5 + (isSingle ? 0 : 1) + sizeSize;
  const frame = new Frame(output);
  for (let isLast = false; !isLast;) {
    const head = number(packed, at, 3);
    isLast = (head & 1) === 1;
    at += 3;
    const size = head >> 3;
    const type = (head >> 1) & 3;
    if (size > BLOCK_BYTES_MAX || type === 3) throw new Malformed("a block is damaged");
    const used = type === 1 ? 1 : size;
    if (at + used > packed.length) throw new Malformed("the frame is cut off");
    if (type === 0) output.add(packed.subarray(at, at + size));
    else if (type === 1) output.add(new Uint8Array(size).fill(packed[at]!));
    else frame.block(packed.subarray(at, at + size));
    at += used;
  }
  return at + ((descriptor & 4) === 0 ? 0 : 4);
}

/** Little-endian. */
function number(bytes: Uint8Array, at: number, size: number): number {
  if (at + size > bytes.length) throw new Malformed("the frame is cut off");
  let value = 0;
  for (let index = size - 1; index >= 0; index--) value = value * 256 + bytes[at + index]!;
  return value;
}

type TableName = "literals" | "offsets" | "matches";

interface Code {
  readonly counts: readonly number[];
  readonly log: number;
  readonly symbolMax: number;
}

const times = (count: number, value: number): number[] =>
  Array.from({ length: count }, () => value);

/** The predefined distributions (RFC 8878, 3.1.1.3.2.2). */
const CODES: Readonly<Record<TableName, Code>> = {
  literals: {
    counts: [4, 3, ...times(11, 2), 1, 1, 1, ...times(9, 2), 3, 2, ...times(5, 1), ...times(4, -1)],
    ...{ log: 6, symbolMax: 35 },
  },
  offsets: {
    counts: [...times(6, 1), 2, 2, 2, ...times(15, 1), ...times(5, -1)],
    ...{ log: 5, symbolMax: 31 },
  },
  matches: {
    counts: [1, 4, 3, ...times(6, 2), ...times(37, 1), ...times(7, -1)],
    ...{ log: 6, symbolMax: 52 },
  },
};

const EXTRA_LITERALS = [
  ...times(16, 0),
  1,
  1,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
  15,
  16,
];
const EXTRA_MATCHES = [
  ...times(32, 0),
  1,
  1,
  1,
  1,
  2,
  2,
  3,
  3,
  4,
  4,
  5,
  7,
  8,
  9,
  10,
  11,
  12,
  13,
  14,
  15,
  16,
];
const BASE_LITERALS = bases(EXTRA_LITERALS, 0);
const BASE_MATCHES = bases(EXTRA_MATCHES, 3);

/** Each code begins where the one before it ends. */
function bases(extra: readonly number[], first: number): number[] {
  const found: number[] = [];
  let next = first;
  for (const bits of extra) {
    found.push(next);
    next += 2 ** bits;
  }
  return found;
}

/** What one block leaves to the next: tables, and the last three distances. */
class Frame {
  readonly #output: Output;
  readonly #start: number;
  #huffman: HuffmanTable | undefined;
  readonly #tables = new Map<TableName, FseTable>();
  #distances: readonly [number, number, number] = [1, 4, 8];

  constructor(output: Output) {
    this.#output = output;
    this.#start = output.size;
  }

  block(bytes: Uint8Array): void {
    const { literals, end } = this.#literals(bytes);
    this.#sequences(bytes.subarray(end), literals);
  }

  #literals(bytes: Uint8Array): { readonly literals: Uint8Array; readonly end: number } {
    const head = bytes[0] ?? 0;
    const type = head & 3;
    const form = (head >> 2) & 3;
    if (type < 2) {
      const headSize = form === 3 ? 3 : form === 1 ? 2 : 1;
      const size = number(bytes, 0, headSize) >> (headSize === 1 ? 3 : 4);
      const end = headSize + (type === 0 ? size : 1);
      if (size > BLOCK_BYTES_MAX || end > bytes.length) throw new Malformed("literals are cut off");
      if (type === 0) return { literals: bytes.subarray(headSize, end), end };
      return { literals: new Uint8Array(size).fill(bytes[headSize]!), end };
    }
    const headSize = form < 2 ? 3 : form + 2;
    const width = form < 2 ? 10 : form === 2 ? 14 : 18;
    const size = bitsAt(bytes, 4, width);
    const end = headSize + bitsAt(bytes, 4 + width, width);
    if (size > BLOCK_BYTES_MAX || end > bytes.length) throw new Malformed("literals are cut off");
    let packed = bytes.subarray(headSize, end);
    if (type === 2) {
      const read = tables.readHuffmanTable(packed);
      this.#huffman = read.table;
      packed = packed.subarray(read.size);
    }
    return { literals: this.#unpacked(packed, size, form !== 0), end };
  }

  #unpacked(packed: Uint8Array, size: number, inFour: boolean): Uint8Array {
    const table = this.#huffman;
    if (table === undefined) throw new Malformed("literals have no table");
    const literals = new Uint8Array(size);
    if (!inFour) {
      tables.readHuffmanStream(table, packed, literals);
      return literals;
    }
    const each = Math.ceil(size / 4);
    let at = 6;
    for (let index = 0; index < 4; index++) {
      const end = index === 3 ? packed.length : at + number(packed, 2 * index, 2);
      const part = literals.subarray(index * each, index === 3 ? size : (index + 1) * each);
      tables.readHuffmanStream(table, packed.subarray(at, end), part);
      at = end;
    }
    return literals;
  }

  #sequences(bytes: Uint8Array, literals: Uint8Array): void {
    const head = bytes[0] ?? 0;
    const headSize = head < 128 ? 1 : head < 255 ? 2 : 3;
    if (head === 0) return this.#output.add(literals);
    const long =
      head === 255 ? number(bytes, 1, 2) + 0x7f00 : ((head - 128) << 8) + (bytes[1] ?? 0);
    const count = head < 128 ? head : long;
    const modes = bytes[headSize] ?? 0;
    let at = headSize + 1;
    for (const [name, shift] of [
      ["literals", 6],
      ["offsets", 4],
      ["matches", 2],
    ] as const) {
      at += this.#readTable(name, (modes >> shift) & 3, bytes.subarray(at));
    }
    const bits = new BackwardBits(bytes.subarray(at));
    const used = this.#run(bits, count, literals);
    this.#output.add(literals.subarray(used));
  }

  /** The bytes that it takes. */
  #readTable(name: TableName, mode: number, bytes: Uint8Array): number {
    const { counts, log, symbolMax } = CODES[name];
    if (mode === 0) this.#tables.set(name, tables.fseTable(counts, log));
    if (mode === 1) {
      if (bytes.length === 0 || bytes[0]! > symbolMax) throw new Malformed("a code is unknown");
      this.#tables.set(name, tables.constantTable(bytes[0]!));
      return 1;
    }
    if (mode !== 2) return 0;
    const { table, size } = tables.readFseTable(bytes, symbolMax);
    this.#tables.set(name, table);
    return size;
  }

  /** Literals that were used. */
  #run(bits: BackwardBits, count: number, literals: Uint8Array): number {
    const [first, second, third] = (["literals", "offsets", "matches"] as const).map((name) => {
      const table = this.#tables.get(name);
      if (table === undefined) throw new Malformed("a table is missing");
      return { table, state: bits.read(table.log) };
    }) as [Reader, Reader, Reader];
    let used = 0;
    for (let index = 0; index < count; index++) {
      const offsetCode = symbolOf(second);
      const [matchCode, literalCode] = [symbolOf(third), symbolOf(first)];
      const offset = 2 ** offsetCode + bits.read(offsetCode);
      const matchSize = BASE_MATCHES[matchCode]! + bits.read(EXTRA_MATCHES[matchCode]!);
      const literalSize = BASE_LITERALS[literalCode]! + bits.read(EXTRA_LITERALS[literalCode]!);
      if (index < count - 1) for (const reader of [first, third, second]) advance(reader, bits);
      if (bits.left < 0 || used + literalSize > literals.length) {
        throw new Malformed("the sequences are cut off");
      }
      this.#output.add(literals.subarray(used, used + literalSize));
      used += literalSize;
      this.#output.repeat(this.#distance(offset, literalSize), matchSize, this.#start);
    }
    if (bits.left !== 0) throw new Malformed("something follows the sequences");
    return used;
  }

  #distance(offset: number, literalSize: number): number {
    const [first, second, third] = this.#distances;
    if (offset > 3) {
      this.#distances = [offset - 3, first, second];
      return offset - 3;
    }
    const index = offset - 1 + (literalSize === 0 ? 1 : 0);
    if (index === 0) return first;
    const distance = index === 1 ? second : index === 2 ? third : first - 1;
    if (distance === 0) throw new Malformed("a match lies nowhere");
    this.#distances = [distance, first, index === 1 ? third : second];
    return distance;
  }
}

interface Reader {
  readonly table: FseTable;
  state: number;
}

function symbolOf({ table, state }: Reader): number {
  return table.symbols[state]!;
}

function advance(reader: Reader, bits: BackwardBits): void {
  const { table, state } = reader;
  reader.state = table.bases[state]! + bits.read(table.bitCounts[state]!);
}
