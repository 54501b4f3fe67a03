import { ByteReader } from "../frame/byte-reader.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import type { Meter } from "../frame/meter.ts";
import { reject } from "../frame/stop.ts";
import { EXPRESSION_SYMBOLS_MAX } from "./frame-layout.ts";
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
  for (const typecode of statement.typecodes) writeToken(typecode, tokens, writer);
  writeExpression(statement.conclusion, tokens, writer);
  const essentials = [...statement.essentials].sort((a, b) => compareExpressions(a, b, tokens));
  writer.varint(essentials.length);
  for (const essential of essentials) writeExpression(essential, tokens, writer);
  const pairs = canonicalPairs(statement.pairs);
  writer.varint(pairs.length);
  for (const [left, right] of pairs) {
    writer.varint(left);
    writer.varint(right);
  }
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

function writeToken(token: number, tokens: Tokens, writer: ByteWriter): void {
  const bytes = tokens.bytesOf(token);
  writer.varint(2 * bytes.length);
  writer.bytes(bytes);
}

export function writeExpression(
  symbols: ArrayLike<number>,
  tokens: Tokens,
  writer: ByteWriter,
): void {
  writer.varint(symbols.length);
  for (let index = 0; index < symbols.length; index++) {
    const symbol = symbols[index]!;
    if (symbol < 0) writer.varint(2 * ~symbol + 1);
    else writeToken(symbol, tokens, writer);
  }
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
    const first = this.#token();
    return [first, ...this.#list(count - 1, () => this.#symbol())];
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
    const bytes = this.#reader.bytes(code >>> 1);
    if (!isSymbol(bytes)) reject("symbol", start);
    return this.#tokens.intern(bytes, 0, bytes.length, hashToken(bytes, 0, bytes.length));
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
function isSymbol(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false;
  for (const byte of bytes) if (byte < 0x21 || byte > 0x7e || byte === 0x24) return false;
  return true;
}
