import type { Meter } from "../frame/meter.ts";
import { canonicalNumbering } from "./canonical-statement.ts";
import { GrowingInts } from "./growing-ints.ts";
import { canonicalPairs } from "./payload.ts";
import type { Scope } from "./scope.ts";
import { compareExpressions } from "./statement.ts";
import type { Statement } from "./statement.ts";
import { FLOATING } from "./statement-list.ts";
import type { StatementList } from "./statement-list.ts";
import type { SymbolRoles } from "./symbol-roles.ts";
import type { TokenTable } from "./token-table.ts";

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
  #essentials: number[] = [];
  /** Hypothesis number by statement, of the essential ones. */
  readonly #essentialNumbers = new Map<number, number>();
  /** Hypothesis number by stack position. */
  readonly order: GrowingInts;

  constructor(world: FrameWorld) {
    this.#world = world;
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
      if (!this.#allNumbered()) this.#searchNumbers(conclusion, length);
      this.#sortEssentials();
    } else if (this.#essentials.length === 1) {
      const only = this.#essentials[0]!;
      this.#numberIn(statements.firstOf(only), statements.secondOf(only));
    }
    this.#essentials.forEach((statement, index) => {
      this.#essentialNumbers.set(statement, this.#variableCount + index);
    });
  }

  #allNumbered(): boolean {
    const { scope, statements } = this.#world;
    const { ints } = scope.symbols;
    return this.#essentials.every((statement) => {
      const from = statements.firstOf(statement);
      for (let at = from; at < from + statements.secondOf(statement); at++) {
        if (ints[at]! < 0 && this.#stamps[~ints[at]!] !== this.#stamp) return false;
      }
      return true;
    });
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
      pairs: this.#activePairs(),
    };
    const { numbers } = canonicalNumbering(draft, tokens, meter);
    const byNumber = this.#variables.slice();
    byNumber.forEach((token, draftNumber) => {
      this.#numbers[token] = numbers[draftNumber]!;
      this.#variables[numbers[draftNumber]!] = token;
    });
  }

  #sortEssentials(): void {
    const { scope, statements, tokens } = this.#world;
    const keyed = this.#essentials.map((statement) => {
      const from = statements.firstOf(statement);
      const symbols = scope.symbols.ints.slice(from, from + statements.secondOf(statement));
      symbols.forEach((symbol, index) => {
        if (symbol < 0) symbols[index] = ~this.#numbers[~symbol]!;
      });
      return { statement, symbols };
    });
    keyed.sort((a, b) => compareExpressions(a.symbols, b.symbols, tokens));
    this.#essentials = keyed.map(({ statement }) => statement);
  }

  #writeHead(length: number): number {
    const { pool, scope, statements, meter } = this.#world;
    const count = this.#variableCount;
    const essentialCount = this.#essentials.length;
    meter.spend(length + scope.hypotheses.size);
    pool.reserve(4 + 2 * count);
    const frame = pool.size;
    pool.size += 4 + 2 * count;
    pool.ints.set([count, essentialCount, 0, length], frame);
    this.order.size = 0;
    for (let at = 0; at < scope.hypotheses.size; at++) {
      const statement = scope.hypotheses.at(at);
      if (statements.kindOf(statement) === FLOATING) {
        const number = this.numberOf(statements.secondOf(statement));
        if (number < 0) continue;
        pool.ints[frame + 4 + 2 * number] = statements.firstOf(statement);
        pool.ints[frame + 5 + 2 * number] = this.order.size;
        this.order.push(number);
      } else this.order.push(this.#essentialNumbers.get(statement)!);
    }
    return frame;
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
    const positions = new Map<number, number>();
    if (pool.at(frame + 1) > 0) {
      for (let at = 0; at < this.order.size; at++) positions.set(this.order.at(at), at);
    }
    for (const statement of this.#essentials) {
      const [from, length] = [statements.firstOf(statement), statements.secondOf(statement)];
      pool.push(positions.get(this.#essentialNumbers.get(statement)!)!);
      pool.push(length);
      this.#writeExpression(from, length);
    }
  }

  #writePairs(frame: number): void {
    const { pool } = this.#world;
    const pairs = canonicalPairs(this.#activePairs());
    pool.ints[frame + 2] = pairs.length;
    for (const [left, right] of pairs) {
      pool.push(left);
      pool.push(right);
    }
  }

  #activePairs(): (readonly [number, number])[] {
    const { scope, meter } = this.#world;
    const { ints, size } = scope.pairs;
    meter.spend(size / 2);
    const pairs: (readonly [number, number])[] = [];
    for (let at = 0; at < size; at += 2) {
      const [left, right] = [this.numberOf(ints[at]!), this.numberOf(ints[at + 1]!)];
      if (left >= 0 && right >= 0) pairs.push([left, right]);
    }
    return pairs;
  }

  #typecodeOf(token: number): number {
    const { roles, statements } = this.#world;
    return statements.firstOf(roles.statementOf(token));
  }
}
