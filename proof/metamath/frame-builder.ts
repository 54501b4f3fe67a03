import type { Meter } from "../frame/meter.ts";
import { canonicalNumbering } from "./canonical-statement.ts";
import { GrowingInts } from "./growing-ints.ts";
import { FRAME_ESSENTIALS, FRAME_HEAD_SIZE, FRAME_PAIRS, VARIABLE_SIZE } from "./frame-layout.ts";
import { OpenOrder, nextTurns } from "./open-order.ts";
import type { Scope } from "./scope.ts";
import type { Statement } from "./statement.ts";
import { FLOATING } from "./statement-list.ts";
import type { StatementList } from "./statement-list.ts";
import type { SymbolRoles } from "./symbol-roles.ts";
import type { TokenTable } from "./token-table.ts";

const NONE = -1;

export interface FrameWorld {
  readonly meter: Meter;
  readonly tokens: TokenTable;
  readonly roles: SymbolRoles;
  readonly statements: StatementList;
  readonly scope: Scope;
  /** Where frames are written. */
  readonly pool: GrowingInts;
}

/** Makes the frame of an assertion out of what is active where it stands. */
export class FrameBuilder {
  readonly #world: FrameWorld;
  /** By token: its number in the present theorem, when its stamp is the present one. */
  #numbers = new Int32Array(0);
  #stamps = new Int32Array(0);
  #stamp = 0;
  #variableCount = 0;
  /** Tokens of the numbered variables, by number. */
  readonly #variables: number[] = [];
  /** Active essential hypotheses in canonical order. */
  readonly #essentials: number[] = [];
  readonly #order: OpenOrder;
  readonly #codes: number[] = [];
  /** Stack position by hypothesis number. */
  readonly #positions: number[] = [];
  /** Hypothesis number by statement, of the essential ones. */
  readonly #essentialNumbers = new Map<number, number>();
  /** Hypothesis number by stack position. */
  readonly order: GrowingInts;

  constructor(world: FrameWorld) {
    this.#world = world;
    this.#order = new OpenOrder(
      {
        numberOf: (token) => this.numberOf(token),
        typecodeOf: (token) => this.#typecodeOf(token),
      },
      world.tokens,
    );
    this.order = new GrowingInts(world.meter);
  }

  /** The conclusion is the last `length` of the scope's symbols. Answers the frame. */
  build(length: number): number {
    const { scope } = this.#world;
    const conclusion = scope.symbols.size - length;
    this.#begin();
    this.#numberIn(conclusion, length);
    this.#numberEssentials(conclusion, length);
    const frame = this.#writeHead(length);
    this.#writeExpression(conclusion, length);
    this.#writeEssentials(frame);
    this.#writePairs(frame);
    return frame;
  }

  /** A variable that only the proof uses gets the next number; answers it. */
  numberDummy(token: number): number {
    if (this.#stamps[token] === this.#stamp) return this.#numbers[token]!;
    this.#stamps[token] = this.#stamp;
    this.#numbers[token] = this.#variableCount;
    this.#variables.push(token);
    return this.#variableCount++;
  }

  /** -1 when the theorem, its proof included so far, does not have it. */
  numberOf(token: number): number {
    return this.#stamps[token] === this.#stamp ? this.#numbers[token]! : -1;
  }

  essentialNumberOf(statement: number): number | undefined {
    return this.#essentialNumbers.get(statement);
  }

  /** Tokens by number, dummies behind. */
  get variables(): readonly number[] {
    return this.#variables;
  }

  #begin(): void {
    const { tokens, meter } = this.#world;
    if (this.#numbers.length < tokens.count) {
      const capacity = 2 * tokens.count;
      meter.hold(8 * capacity);
      meter.release(8 * this.#numbers.length);
      this.#numbers = new Int32Array(capacity);
      this.#stamps = new Int32Array(capacity);
      this.#stamp = 0;
    }
    this.#stamp++;
    this.#variableCount = 0;
    this.#variables.length = 0;
    this.#essentials.length = 0;
    this.#essentialNumbers.clear();
  }

  #numberIn(from: number, length: number): void {
    const { ints } = this.#world.scope.symbols;
    for (let at = from; at < from + length; at++) {
      const symbol = ints[at]!;
      if (symbol < 0) this.numberDummy(~symbol);
    }
  }

  #numberEssentials(conclusion: number, length: number): void {
    const { scope, statements } = this.#world;
    for (let at = 0; at < scope.hypotheses.size; at++) {
      const statement = scope.hypotheses.at(at);
      if (statements.kindOf(statement) !== FLOATING) this.#essentials.push(statement);
    }
    if (this.#essentials.length > 1) {
      if (!this.#numberInOrder()) this.#searchNumbers(conclusion, length);
      this.#sortEssentials();
    } else if (this.#essentials.length === 1) {
      const only = this.#essentials[0]!;
      this.#numberIn(statements.firstOf(only), statements.secondOf(only));
    }
    this.#essentials.forEach((statement, index) => {
      this.#essentialNumbers.set(statement, this.#variableCount + index);
    });
  }

  /**
   * Hypotheses that bring variables of their own have their turns in an order that no renaming
   * changes; false where two look alike, so that a search must decide.
   */
  #numberInOrder(): boolean {
    const { statements, meter } = this.#world;
    for (;;) {
      const candidates = this.#essentials.filter((statement) => this.#bringsVariable(statement));
      if (candidates.length === 0) return true;
      const { single } = nextTurns(candidates, (left, right) => {
        meter.spend(statements.secondOf(left));
        return this.#compare(left, right);
      });
      if (single.length === 0) return false;
      for (const turn of single)
        this.#numberIn(statements.firstOf(turn), statements.secondOf(turn));
    }
  }

  #bringsVariable(statement: number): boolean {
    const { scope, statements } = this.#world;
    const { ints } = scope.symbols;
    const from = statements.firstOf(statement);
    for (let at = from; at < from + statements.secondOf(statement); at++) {
      if (ints[at]! < 0 && this.#stamps[~ints[at]!] !== this.#stamp) return true;
    }
    return false;
  }

  #compare(left: number, right: number): number {
    const { scope, statements } = this.#world;
    const { ints } = scope.symbols;
    const [from, length] = [statements.firstOf(left), statements.secondOf(left)];
    return this.#order.compare(
      ints,
      from,
      length,
      ints,
      statements.firstOf(right),
      statements.secondOf(right),
    );
  }

  /** Hypotheses bring variables of their own: their order must not show in the numbers. */
  #searchNumbers(conclusion: number, length: number): void {
    const { scope, statements, tokens, meter } = this.#world;
    for (const statement of this.#essentials) {
      this.#numberIn(statements.firstOf(statement), statements.secondOf(statement));
    }
    const slice = (from: number, size: number): number[] =>
      Array.from(scope.symbols.ints.subarray(from, from + size), (symbol) =>
        symbol < 0 ? ~this.#numbers[~symbol]! : symbol,
      );
    const draft: Statement = {
      isAxiom: false,
      typecodes: this.#variables.map((token) => this.#typecodeOf(token)),
      conclusion: slice(conclusion, length),
      essentials: this.#essentials.map((statement) =>
        slice(statements.firstOf(statement), statements.secondOf(statement)),
      ),
      pairs: this.#activePairs().map((code) => {
        const left = Math.floor(code / this.#variableCount);
        return [left, code - left * this.#variableCount] as const;
      }),
    };
    const { numbers } = canonicalNumbering(draft, tokens, meter);
    const byNumber = this.#variables.slice();
    byNumber.forEach((token, draftNumber) => {
      this.#numbers[token] = numbers[draftNumber]!;
      this.#variables[numbers[draftNumber]!] = token;
    });
  }

  /** By insertion: they are few, and mostly in order. */
  #sortEssentials(): void {
    const { statements, meter } = this.#world;
    const essentials = this.#essentials;
    for (let index = 1; index < essentials.length; index++) {
      const statement = essentials[index]!;
      let at = index;
      for (; at > 0; at--) {
        meter.spend(statements.secondOf(statement));
        if (this.#compare(statement, essentials[at - 1]!) >= 0) break;
        essentials[at] = essentials[at - 1]!;
      }
      essentials[at] = statement;
    }
  }

  #writeHead(length: number): number {
    const { pool } = this.#world;
    const count = this.#variableCount;
    this.#writeHypotheses();
    const size = FRAME_HEAD_SIZE + VARIABLE_SIZE * count;
    pool.reserve(size);
    const frame = pool.size;
    pool.size += size;
    pool.ints.set([count, this.#essentials.length, 0, length], frame);
    this.#writeVariables(frame);
    return frame;
  }

  /** The mandatory hypotheses in the order of the source. */
  #writeHypotheses(): void {
    const { pool, scope, statements, meter } = this.#world;
    const { ints, size } = scope.hypotheses;
    meter.spend(size);
    this.order.size = 0;
    for (let at = 0; at < size; at++) {
      const statement = ints[at]!;
      const number =
        statements.kindOf(statement) === FLOATING
          ? this.numberOf(statements.secondOf(statement))
          : this.#essentialNumbers.get(statement)!;
      if (number < 0) continue;
      this.order.push(number);
      pool.push(statement);
    }
  }

  #writeVariables(frame: number): void {
    const { pool, statements } = this.#world;
    const before = frame - this.order.size;
    for (let position = 0; position < this.order.size; position++) {
      const number = this.order.at(position);
      if (number >= this.#variableCount) continue;
      const at = frame + FRAME_HEAD_SIZE + VARIABLE_SIZE * number;
      pool.ints[at] = statements.firstOf(pool.at(before + position));
      pool.ints[at + 1] = position;
    }
  }

  #writeExpression(from: number, length: number): void {
    const { pool, scope } = this.#world;
    pool.reserve(length);
    const { ints } = scope.symbols;
    for (let at = from; at < from + length; at++) {
      const symbol = ints[at]!;
      pool.ints[pool.size++] = symbol < 0 ? ~this.#numbers[~symbol]! : symbol;
    }
  }

  #writeEssentials(frame: number): void {
    const { pool, statements } = this.#world;
    const positions = this.#positions;
    if (pool.at(frame + FRAME_ESSENTIALS) > 0) {
      for (let at = 0; at < this.order.size; at++) positions[this.order.at(at)] = at;
    }
    for (const statement of this.#essentials) {
      const [from, length] = [statements.firstOf(statement), statements.secondOf(statement)];
      pool.push(positions[this.#essentialNumbers.get(statement)!]!);
      pool.push(length);
      this.#writeExpression(from, length);
    }
  }

  /** Smaller number first, ascending, each once. */
  #writePairs(frame: number): void {
    const { pool } = this.#world;
    const codes = this.#activePairs();
    codes.sort((a, b) => a - b);
    let last = NONE;
    for (const code of codes) {
      if (code === last) continue;
      last = code;
      const left = Math.floor(code / this.#variableCount);
      pool.push(left);
      pool.push(code - left * this.#variableCount);
      pool.ints[frame + FRAME_PAIRS]!++;
    }
  }

  /** left * V + right, left < right. */
  #activePairs(): number[] {
    const { scope, meter } = this.#world;
    const { ints, size } = scope.pairs;
    meter.spend(size / 2);
    const codes = this.#codes;
    codes.length = 0;
    for (let at = 0; at < size; at += 2) {
      const left = this.numberOf(ints[at]!);
      if (left < 0) continue;
      const right = this.numberOf(ints[at + 1]!);
      if (right < 0) continue;
      codes.push(Math.min(left, right) * this.#variableCount + Math.max(left, right));
    }
    return codes;
  }

  #typecodeOf(token: number): number {
    const { roles, statements } = this.#world;
    return statements.firstOf(roles.statementOf(token));
  }
}
