import type { Meter } from "../frame/meter.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import type { Refused } from "../frame/check-result.ts";
import { judged, reject } from "../frame/stop.ts";
import { AxiomClosures } from "./axiom-closures.ts";
import { FrameBuilder } from "./frame-builder.ts";
import type { FrameWorld } from "./frame-builder.ts";
import { GrowingInts } from "./growing-ints.ts";
import { isLabelCharacter } from "./label-character.ts";
import { ProofReader } from "./proof-reader.ts";
import { encodeFrame } from "./payload.ts";
import { Scanner } from "./scanner.ts";
import { Scope } from "./scope.ts";
import { ACCEPTED, AXIOM, ESSENTIAL, FLOATING, REFUSED } from "./statement-list.ts";
import { StatementList, THEOREM } from "./statement-list.ts";
import { CONSTANT, LABEL, SymbolRoles, UNKNOWN, VARIABLE } from "./symbol-roles.ts";
import { VARIABLE_CLOSED } from "./symbol-roles.ts";
import { TokenTable } from "./token-table.ts";

/** One proof's share of the steps; the longest honest one takes less than a hundredth. */
export const PROOF_STEPS_MAX = 2 ** 26;
const PROGRESS_BYTES = 1 << 20;
const NONE = -1;

/** A theorem whose proof was not accepted. */
export interface TheoremRefused {
  readonly label: string;
  readonly refused: Refused;
}

export interface ReadOptions {
  /** Of each theorem that is refused; reading goes on behind it. */
  readonly onRefused: (refused: TheoremRefused) => void;
  /**
   * Whether a proof of this payload was accepted before, so that the one at hand is passed over
   * unread. What the theorem rests on is then for the caller to know.
   */
  readonly isKnown?: (payload: Uint8Array) => boolean;
  /** Now and then, with the number of bytes read. */
  readonly onProgress?: (bytesRead: number) => void;
}

export interface DatabaseParts extends FrameWorld {
  readonly closures: AxiomClosures;
}

/**
 * Reads a whole database (Metamath book, chapter 4), checking each proof as it comes. What breaks
 * the form of the database ends the reading; a proof that fails is reported and passed over.
 */
export class DatabaseReader {
  readonly #scanner: Scanner;
  readonly #meter: Meter;
  readonly #options: ReadOptions;
  readonly #builder: FrameBuilder;
  readonly #proofs: ProofReader;
  readonly parts: DatabaseParts;
  readonly #writer = new ByteWriter();
  #progressAt = PROGRESS_BYTES;

  constructor(source: Uint8Array, meter: Meter, options: ReadOptions) {
    meter.read(source.length);
    this.#scanner = new Scanner(source, meter);
    this.#meter = meter;
    this.#options = options;
    this.parts = {
      meter,
      tokens: new TokenTable(meter),
      roles: new SymbolRoles(meter),
      statements: new StatementList(meter),
      scope: new Scope(meter),
      pool: new GrowingInts(meter),
      closures: new AxiomClosures(meter),
    };
    this.#builder = new FrameBuilder(this.parts);
    this.#proofs = new ProofReader(this.parts, this.#scanner, this.#builder);
  }

  read(): void {
    const scanner = this.#scanner;
    while (scanner.next()) {
      if (scanner.startsWithDollar) this.#readKeyword();
      else this.#readLabelled();
      if (scanner.end < this.#progressAt) continue;
      this.#progressAt = scanner.end + PROGRESS_BYTES;
      this.#options.onProgress?.(scanner.end);
    }
    if (this.parts.scope.depth > 0) reject("scope-unclosed", scanner.start);
  }

  #readKeyword(): void {
    const scanner = this.#scanner;
    const { scope } = this.parts;
    if (scanner.isKeyword(0x7b)) scope.open();
    else if (scanner.isKeyword(0x7d)) this.#closeScope();
    else if (scanner.isKeyword(0x63)) this.#readConstants();
    else if (scanner.isKeyword(0x76)) this.#readVariables();
    else if (scanner.isKeyword(0x64)) this.#readDistinct();
    else reject("keyword", scanner.start, scanner.text());
  }

  #closeScope(): void {
    const { scope, roles, statements } = this.parts;
    if (scope.depth === 0) reject("scope-unopened", this.#scanner.start);
    scope.close(
      (statement) => {
        if (statements.kindOf(statement) === FLOATING) {
          roles.setStatement(statements.secondOf(statement), NONE);
        }
      },
      (token) => roles.setRole(token, VARIABLE_CLOSED),
    );
  }

  #readConstants(): void {
    const start = this.#scanner.start;
    if (this.parts.scope.depth > 0) reject("constant-in-scope", start);
    this.#declare(start, (token, role, offset) => {
      if (role !== UNKNOWN) reject("symbol-redeclared", offset, this.#scanner.text());
      this.parts.roles.setRole(token, CONSTANT);
    });
  }

  #readVariables(): void {
    this.#declare(this.#scanner.start, (token, role, offset) => {
      if (role !== UNKNOWN && role !== VARIABLE_CLOSED) {
        reject("symbol-redeclared", offset, this.#scanner.text());
      }
      this.parts.roles.setRole(token, VARIABLE);
      this.parts.roles.setStatement(token, NONE);
      this.parts.scope.variables.push(token);
    });
  }

  #declare(start: number, take: (token: number, role: number, offset: number) => void): void {
    const scanner = this.#scanner;
    let count = 0;
    while (this.#nextSymbol(start)) {
      const token = this.#intern();
      take(token, this.parts.roles.roleOf(token), scanner.start);
      count++;
    }
    this.#endStatement();
    if (count === 0) reject("declares-nothing", start);
  }

  #readDistinct(): void {
    const start = this.#scanner.start;
    const { roles, scope } = this.parts;
    const members: number[] = [];
    while (this.#nextSymbol(start)) {
      const token = this.#intern();
      const at = this.#scanner.start;
      if (roles.roleOf(token) !== VARIABLE) reject("variable-inactive", at, this.#scanner.text());
      this.#meter.spend(members.length + 1);
      if (members.includes(token)) reject("distinct-repeated", at, this.#scanner.text());
      for (const member of members) {
        scope.pairs.push(member);
        scope.pairs.push(token);
      }
      members.push(token);
    }
    this.#endStatement();
    if (members.length < 2) reject("distinct-too-few", start);
  }

  #readLabelled(): void {
    const scanner = this.#scanner;
    const { start } = scanner;
    const label = this.#readLabel();
    if (!scanner.next()) reject("label-without-statement", start);
    if (scanner.isKeyword(0x66)) this.#readFloating(label, start);
    else if (scanner.isKeyword(0x65)) this.#readEssential(label, start);
    else if (scanner.isKeyword(0x61)) this.#readAxiom(label, start);
    else if (scanner.isKeyword(0x70)) this.#readTheorem(label, start);
    else reject("label-without-statement", start);
  }

  /** Answers its token. */
  #readLabel(): number {
    const { source, start, end } = this.#scanner;
    for (let at = start; at < end; at++) {
      if (!isLabelCharacter(source[at]!)) reject("label-character", at, this.#scanner.text());
    }
    const token = this.#intern();
    const role = this.parts.roles.roleOf(token);
    if (role === LABEL) reject("label-repeated", start, this.#scanner.text());
    if (role !== UNKNOWN) reject("label-is-symbol", start, this.#scanner.text());
    return token;
  }

  #register(label: number, statement: number): void {
    if (this.parts.statements.isHypothesis(statement)) this.parts.closures.addHypothesis(statement);
    this.parts.roles.setRole(label, LABEL);
    this.parts.roles.setStatement(label, statement);
  }

  #readFloating(label: number, start: number): void {
    const { roles, scope, statements } = this.parts;
    const symbolsAt = scope.symbols.size;
    const length = this.#readExpression(start, false);
    this.#endStatement();
    const variable = ~scope.symbols.at(symbolsAt + 1);
    scope.symbols.size = symbolsAt;
    if (length !== 2 || variable < 0) reject("floating-form", start);
    if (roles.statementOf(variable) !== NONE) reject("floating-repeated", start);
    const typecode = scope.symbols.ints[symbolsAt]!;
    const statement = statements.add(FLOATING, label, start, typecode, variable);
    roles.setStatement(variable, statement);
    scope.hypotheses.push(statement);
    this.#register(label, statement);
  }

  #readEssential(label: number, start: number): void {
    const { scope, statements } = this.parts;
    const symbolsAt = scope.symbols.size;
    const length = this.#readExpression(start, true);
    this.#endStatement();
    const statement = statements.add(ESSENTIAL, label, start, symbolsAt, length);
    scope.hypotheses.push(statement);
    this.#register(label, statement);
  }

  #readAxiom(label: number, start: number): void {
    const { scope, statements, closures } = this.parts;
    const length = this.#readExpression(start, true);
    this.#endStatement();
    const frame = this.#builder.build(length);
    scope.symbols.size -= length;
    const statement = statements.add(AXIOM, label, start, frame, NONE);
    statements.setVerdict(statement, ACCEPTED);
    closures.addAxiom(statement);
    this.#register(label, statement);
  }

  #readTheorem(label: number, start: number): void {
    const { scope, statements } = this.parts;
    const scanner = this.#scanner;
    const length = this.#readExpression(start, true);
    if (!scanner.isKeyword(0x3d)) reject("proof-missing", scanner.start);
    const frame = this.#builder.build(length);
    scope.symbols.size -= length;
    const statement = statements.add(THEOREM, label, start, frame, scanner.end);
    this.#register(label, statement);
    if (this.#isKnown(frame)) {
      statements.setVerdict(statement, ACCEPTED);
      this.parts.closures.addUnknown(statement);
      scanner.skipStatement();
    } else this.#checkProof(statement, frame);
  }

  #isKnown(frame: number): boolean {
    const { isKnown } = this.#options;
    if (isKnown === undefined) return false;
    this.#writer.reset();
    encodeFrame(this.parts.pool.ints, frame, false, this.parts.tokens, this.#writer);
    return isKnown(this.#writer.finish());
  }

  #checkProof(statement: number, frame: number): void {
    const { statements, tokens, closures } = this.parts;
    const scanner = this.#scanner;
    this.#meter.startPart(PROOF_STEPS_MAX);
    const result = judged(() => this.#proofs.read(frame, statement));
    this.#meter.endPart();
    if (result.status === "accept") {
      statements.setVerdict(statement, ACCEPTED);
      closures.addTheorem(statement, this.#proofs);
      return;
    }
    // What the whole reading has spent, or what is no proof's fault, ends the reading.
    this.#meter.spend(0);
    statements.setVerdict(statement, REFUSED);
    closures.addUnknown(statement);
    this.#options.onRefused({
      label: tokens.textOf(statements.labelOf(statement)),
      refused: result,
    });
    if (!scanner.isKeyword(0x2e)) scanner.skipStatement();
  }

  /**
   * Reads up to `$.` or `$=`, which is then the token at hand, and leaves the symbols at the end of
   * the scope's. Answers their number.
   */
  #readExpression(start: number, typed: boolean): number {
    const { roles, scope } = this.parts;
    const scanner = this.#scanner;
    const before = scope.symbols.size;
    while (this.#nextSymbol(start)) {
      const token = this.#intern();
      const role = roles.roleOf(token);
      if (role === CONSTANT) scope.symbols.push(token);
      else if (role === VARIABLE) {
        if (typed && roles.statementOf(token) === NONE) {
          reject("variable-untyped", scanner.start, scanner.text());
        }
        scope.symbols.push(~token);
      } else reject("symbol-inactive", scanner.start, scanner.text());
    }
    const length = scope.symbols.size - before;
    if (length === 0) reject("expression-empty", start);
    if (scope.symbols.at(before) < 0) reject("typecode-is-variable", start);
    return length;
  }

  /** False at `$.` and `$=`. */
  #nextSymbol(start: number): boolean {
    const scanner = this.#scanner;
    if (!scanner.next()) reject("statement-unclosed", start);
    if (!scanner.startsWithDollar) {
      if (hasDollar(scanner.source, scanner.start, scanner.end)) reject("symbol", scanner.start);
      return true;
    }
    if (scanner.isKeyword(0x2e) || scanner.isKeyword(0x3d)) return false;
    return reject("statement-unclosed", scanner.start, scanner.text());
  }

  #endStatement(): void {
    if (!this.#scanner.isKeyword(0x2e)) reject("statement-unclosed", this.#scanner.start);
  }

  #intern(): number {
    const { source, start, end, hash } = this.#scanner;
    return this.parts.tokens.intern(source, start, end, hash);
  }
}

function hasDollar(source: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (source[at] === 0x24) return true;
  return false;
}
