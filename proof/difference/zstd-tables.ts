import { Malformed } from "../digest/archive/malformed.ts";
import { BackwardBits, bitsAt } from "./backward-bits.ts";

/** Finite state entropy and Huffman tables of Zstandard (RFC 8878, 4.1 and 4.2). */

export interface FseTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bitCounts: Uint8Array;
  readonly bases: Uint16Array;
}

/** One symbol for ever. */
export function constantTable(symbol: number): FseTable {
  const none = new Uint8Array(1);
  return { log: 0, symbols: Uint8Array.of(symbol), bitCounts: none, bases: new Uint16Array(1) };
}

const ACCURACY_LOG_MAX = 9;

/** @throws Malformed */
export function readFseTable(
  bytes: Uint8Array,
  symbolMax: number,
): { readonly table: FseTable; readonly size: number } {
  const log = bitsAt(bytes, 0, 4) + 5;
  if (log > ACCURACY_LOG_MAX) throw new Malformed("a table is too large");
  const counts: number[] = [];
  let at = 4;
  let remaining = 1 << log;
  while (remaining > 0) {
    if (at > 8 * bytes.length || counts.length > symbolMax)
      throw new Malformed("a table is damaged");
    const width = 32 - Math.clz32(remaining + 1);
    const lowMask = (1 << (width - 1)) - 1;
    const threshold = (1 << width) - 2 - remaining;
    let value = bitsAt(bytes, at, width);
    at += width;
    if ((value & lowMask) < threshold) {
      value &= lowMask;
      at--;
    } else if (value > lowMask) value -= threshold;
    const count = value - 1;
    remaining -= Math.abs(count);
    counts.push(count);
    for (let repeat = count === 0 ? 3 : 0; repeat === 3;) {
      repeat = bitsAt(bytes, at, 2);
      at += 2;
      for (let zero = 0; zero < repeat; zero++) counts.push(0);
    }
  }
  if (remaining < 0 || counts.length > symbolMax + 1) throw new Malformed("a table is damaged");
  return { table: fseTable(counts, log), size: Math.ceil(at / 8) };
}

/** Out of how often each symbol occurs; -1: less than once. */
export function fseTable(counts: readonly number[], log: number): FseTable {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = counts.map((count) => Math.abs(count));
  let high = size;
  for (const [symbol, count] of counts.entries()) if (count === -1) symbols[--high] = symbol;
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (const [symbol, count] of counts.entries()) {
    for (let index = 0; index < count; index++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at >= high);
    }
  }
  const bitCounts = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const order = next[symbols[state]!]!++;
    bitCounts[state] = log - (31 - Math.clz32(order));
    bases[state] = (order << bitCounts[state]!) - size;
  }
  return { log, symbols, bitCounts, bases };
}

export interface HuffmanTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bitCounts: Uint8Array;
}

const CODE_SIZE_MAX = 11;

/** @throws Malformed */
export function readHuffmanTable(bytes: Uint8Array): {
  readonly table: HuffmanTable;
  readonly size: number;
} {
  const head = bytes[0] ?? 0;
  if (head < 128) {
    const weights = fseWeights(bytes.subarray(1, 1 + head));
    return { table: huffmanTable(weights), size: 1 + head };
  }
  const count = head - 127;
  const weights = Array.from({ length: count }, (_, index) => {
    const byte = bytes[1 + (index >> 1)] ?? 0;
    return index % 2 === 0 ? byte >> 4 : byte & 15;
  });
  return { table: huffmanTable(weights), size: 1 + Math.ceil(count / 2) };
}

/** Two states take turns until the bits are used up. */
function fseWeights(bytes: Uint8Array): number[] {
  const { table, size } = readFseTable(bytes, 255);
  const bits = new BackwardBits(bytes.subarray(size));
  const states = [bits.read(table.log), bits.read(table.log)] as [number, number];
  const weights: number[] = [];
  for (let turn = 0; weights.length < 255; turn ^= 1) {
    const state = states[turn]!;
    weights.push(table.symbols[state]!);
    states[turn] = table.bases[state]! + bits.read(table.bitCounts[state]!);
    if (bits.left < 0) {
      weights.push(table.symbols[states[turn ^ 1]!]!);
      return weights;
    }
  }
  throw new Malformed("too many weights");
}

function huffmanTable(weights: readonly number[]): HuffmanTable {
  const sum = weights.reduce((total, weight) => total + (weight > 0 ? 1 << (weight - 1) : 0), 0);
  const log = 32 - Math.clz32(sum);
  const rest = (1 << log) - sum;
  if (sum === 0 || log > CODE_SIZE_MAX || (rest & (rest - 1)) !== 0) {
    throw new Malformed("the weights make no code");
  }
  const all = [...weights, 32 - Math.clz32(rest)];
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const bitCounts = new Uint8Array(size);
  let at = 0;
  // The lightest symbols have the longest codes, and come first.
  for (let weight = 1; weight <= log; weight++) {
    for (const [symbol, own] of all.entries()) {
      if (own !== weight) continue;
      const width = 1 << (weight - 1);
      symbols.fill(symbol, at, at + width);
      bitCounts.fill(log + 1 - weight, at, at + width);
      at += width;
    }
  }
  if (at !== size) throw new Malformed("the weights make no code");
  return { log, symbols, bitCounts };
}

/** One stream of exactly `size` symbols. @throws Malformed */
export function readHuffmanStream(table: HuffmanTable, bytes: Uint8Array, out: Uint8Array): void {
  const bits = new BackwardBits(bytes);
  const mask = (1 << table.log) - 1;
  let state = bits.read(table.log);
  for (let at = 0; at < out.length; at++) {
    out[at] = table.symbols[state]!;
    const count = table.bitCounts[state]!;
    state = ((state << count) & mask) + bits.read(count);
  }
  if (bits.left !== -table.log) throw new Malformed("a stream of literals has a wrong size");
}
