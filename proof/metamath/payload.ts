import { ByteReader } from "../frame/byte-reader.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import type { Meter } from "../frame/meter.ts";
import { reject } from "../frame/stop.ts";
import { EXPRESSION_SYMBOLS_MAX, FRAME_CONCLUSION_LENGTH } from "./frame-layout.ts";
import { FRAME_ESSENTIALS, FRAME_HEAD_SIZE, FRAME_PAIRS } from "./frame-layout.ts";
import { FRAME_VARIABLES, VARIABLE_SIZE, conclusionOf, essentialsOf } from "./frame-layout.ts";
import { compareExpressions } from "./statement.ts";
import type { Statement, Tokens } from "./statement.ts";
import { hashToken } from "./token-table.ts";
import type { TokenTable } from "./token-table.ts";

const FLAG_THEOREM = 0;
const FLAG_AXIOM = 1;
const TOKEN_BYTES_MAX = 1 << 16;
/** More than any frame has by far; what a payload says is held against its size besides. */
const COUNT_MAX = 1 << 20;

/**
 * The canonical text of a statement whose variables are numbered canonically:
 *
 *   flag (0 theorem, 1 axiom), number of variables, their typecodes
 *   the conclusion: number of symbols, symbols
 *   number of essential hypotheses, each like the conclusion, ascending
 *   number of distinct pairs, each i then j, i < j, ascending
 *
 * All numbers are varints. A symbol is 2k + 1 for variable k, or 2 * length and a token's bytes.
 */
export function encodePayload(statement: Statement, tokens: Tokens, writer: ByteWriter): void {
  writer.byte(statement.isAxiom ? FLAG_AXIOM : FLAG_THEOREM);
  writer.varint(statement.typecodes.length);
  for (const typecode of statement.typecodes) tokens.write(typecode, writer);
  writeSymbols(statement.conclusion, 0, statement.conclusion.length, tokens, writer);
  const essentials = [...statement.essentials].sort((a, b) => compareExpressions(a, b, tokens));
  writer.varint(essentials.length);
  for (const essential of essentials) {
    writeSymbols(essential, 0, essential.length, tokens, writer);
  }
  const pairs = canonicalPairs(statement.pairs);
  writer.varint(pairs.length);
  for (const [left, right] of pairs) {
    writer.varint(left);
    writer.varint(right);
  }
}

/** The same of a frame, whose parts are in canonical order already. */
export function encodeFrame(
  pool: Int32Array,
  frame: number,
  isAxiom: boolean,
  tokens: Tokens,
  writer: ByteWriter,
): void {
  writer.byte(isAxiom ? FLAG_AXIOM : FLAG_THEOREM);
  const variableCount = pool[frame + FRAME_VARIABLES]!;
  writer.varint(variableCount);
  const typecodes = frame + FRAME_HEAD_SIZE;
  for (let index = 0; index < variableCount; index++) {
    tokens.write(pool[typecodes + VARIABLE_SIZE * index]!, writer);
  }
  writeSymbols(
    pool,
    conclusionOf(pool, frame),
    pool[frame + FRAME_CONCLUSION_LENGTH]!,
    tokens,
    writer,
  );
  const essentialCount = pool[frame + FRAME_ESSENTIALS]!;
  writer.varint(essentialCount);
  let at = essentialsOf(pool, frame);
  for (let left = essentialCount; left > 0; left--) {
    writeSymbols(pool, at + 2, pool[at + 1]!, tokens, writer);
    at += 2 + pool[at + 1]!;
  }
  const pairCount = pool[frame + FRAME_PAIRS]!;
  writer.varint(pairCount);
  for (let index = 0; index < 2 * pairCount; index++) writer.varint(pool[at + index]!);
}

/** Smaller number first, ascending, each once. */
export function canonicalPairs(
  pairs: readonly (readonly [number, number])[],
): readonly (readonly [number, number])[] {
  const sorted = pairs
    .map(([left, right]) => (left < right ? ([left, right] as const) : ([right, left] as const)))
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return sorted.filter(
    (pair, index) =>
      index === 0 || pair[0] !== sorted[index - 1]![0] || pair[1] !== sorted[index - 1]![1],
  );
}

function writeSymbols(
  symbols: ArrayLike<number>,
  from: number,
  length: number,
  tokens: Tokens,
  writer: ByteWriter,
): void {
  writer.varint(length);
  for (let at = from; at < from + length; at++) {
    const symbol = symbols[at]!;
    if (symbol < 0) writer.varint(2 * ~symbol + 1);
    else tokens.write(symbol, writer);
  }
}

/** Of a payload: whether it states an axiom. */
export function isAxiomPayload(payload: Uint8Array): boolean {
  return payload[0] === FLAG_AXIOM;
}

/** Rejects what is no payload; whether it is the canonical one of its statement is not asked. */
export function decodePayload(payload: Uint8Array, tokens: TokenTable, meter: Meter): Statement {
  const reader = new PayloadReader(payload, tokens, meter);
  return reader.statement();
}

class PayloadReader {
  readonly #reader: ByteReader;
  readonly #tokens: TokenTable;
  readonly #meter: Meter;
  #variableCount = 0;

  constructor(payload: Uint8Array, tokens: TokenTable, meter: Meter) {
    this.#reader = new ByteReader(payload);
    this.#tokens = tokens;
    this.#meter = meter;
  }

  statement(): Statement {
    const reader = this.#reader;
    const flag = reader.byte();
    if (flag > FLAG_AXIOM) reject("flag", 0);
    this.#variableCount = this.#count();
    const typecodes = this.#list(this.#variableCount, () => this.#token());
    const conclusion = this.#expression();
    const essentials = this.#list(this.#count(), () => this.#expression());
    const pairs = this.#list(this.#count(), () => this.#pair());
    reader.end();
    return { isAxiom: flag === FLAG_AXIOM, typecodes, conclusion, essentials, pairs };
  }

  /** Of things of at least one byte each. */
  #count(): number {
    const start = this.#reader.offset;
    const count = this.#reader.varint(COUNT_MAX);
    if (count > this.#reader.left) reject("count", start);
    this.#meter.spend(count + 1);
    this.#meter.hold(8 * count);
    return count;
  }

  #list<Item>(count: number, read: () => Item): Item[] {
    const items: Item[] = [];
    for (let index = 0; index < count; index++) items.push(read());
    return items;
  }

  #expression(): number[] {
    const start = this.#reader.offset;
    const count = this.#count();
    if (count === 0 || count > EXPRESSION_SYMBOLS_MAX) reject("expression-length", start);
    const symbols = [this.#token()];
    while (symbols.length < count) symbols.push(this.#symbol());
    return symbols;
  }

  #token(): number {
    const start = this.#reader.offset;
    const symbol = this.#symbol();
    return symbol < 0 ? reject("typecode-is-variable", start) : symbol;
  }

  #symbol(): number {
    const start = this.#reader.offset;
    const code = this.#reader.varint(2 * TOKEN_BYTES_MAX);
    if ((code & 1) === 1) {
      const variable = code >>> 1;
      return variable < this.#variableCount ? ~variable : reject("variable-unknown", start);
    }
    const from = this.#reader.skip(code >>> 1);
    const { source, offset } = this.#reader;
    if (!isSymbol(source, from, offset)) reject("symbol", start);
    return this.#tokens.intern(source, from, offset, hashToken(source, from, offset));
  }

  #pair(): [number, number] {
    const start = this.#reader.offset;
    const left = this.#reader.varint(this.#variableCount);
    const right = this.#reader.varint(this.#variableCount);
    if (left >= right || right >= this.#variableCount) reject("pair", start);
    return [left, right];
  }
}

/** A math symbol: printable ASCII without a dollar sign. */
function isSymbol(source: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = source[at]!;
    if (byte < 0x21 || byte > 0x7e || byte === 0x24) return false;
  }
  return end > start;
}
