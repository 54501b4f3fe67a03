import { utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import type { Budget } from "../frame/budget.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import type { CheckResult, Cost } from "../frame/check-result.ts";
import { Meter } from "../frame/meter.ts";
import { keyOfObligation } from "../frame/obligation.ts";
import { judged } from "../frame/stop.ts";
import { DatabaseReader } from "./database-reader.ts";
import type { DatabaseParts, ReadOptions } from "./database-reader.ts";
import { statementOfFrame } from "./frame-statement.ts";
import { encodeFrame } from "./payload.ts";
import type { Statement } from "./statement.ts";
import { AXIOM, THEOREM } from "./statement-list.ts";
import { LABEL } from "./symbol-roles.ts";
import { hashToken } from "./token-table.ts";

/** The kind's name, and so part of every key. */
export const METAMATH_1 = "metamath/1";

/** A database that was read and whose form holds; some of its proofs may have been refused. */
export class Database {
  readonly source: Uint8Array;
  readonly parts: DatabaseParts;
  readonly #writer = new ByteWriter();

  constructor(source: Uint8Array, parts: DatabaseParts) {
    this.source = source;
    this.parts = parts;
  }

  /** The assertion of this label; undefined when there is none, or it is a hypothesis. */
  find(label: string): number | undefined {
    const { tokens, roles, statements } = this.parts;
    const bytes = utf8(label);
    const token = tokens.find(bytes, 0, bytes.length, hashToken(bytes, 0, bytes.length));
    if (token < 0 || roles.roleOf(token) !== LABEL) return undefined;
    const statement = roles.statementOf(token);
    return statements.isHypothesis(statement) ? undefined : statement;
  }

  /** All axioms and theorems, in the order of the source. */
  *assertions(): Generator<number> {
    const { statements } = this.parts;
    for (let index = 0; index < statements.count; index++) {
      if (!statements.isHypothesis(index)) yield index;
    }
  }

  isAxiom(assertion: number): boolean {
    return this.parts.statements.kindOf(assertion) === AXIOM;
  }

  isTheorem(assertion: number): boolean {
    return this.parts.statements.kindOf(assertion) === THEOREM;
  }

  labelOf(assertion: number): string {
    return this.parts.tokens.textOf(this.parts.statements.labelOf(assertion));
  }

  statementOf(assertion: number): Statement {
    const { pool, statements } = this.parts;
    return statementOfFrame(pool.ints, statements.firstOf(assertion), this.isAxiom(assertion));
  }

  /** The canonical payload of an axiom or theorem. */
  payloadOf(assertion: number): Uint8Array {
    const writer = this.#writer;
    writer.reset();
    const { pool, statements, tokens } = this.parts;
    encodeFrame(pool.ints, statements.firstOf(assertion), this.isAxiom(assertion), tokens, writer);
    return writer.finish();
  }

  keyOf(hash: (bytes: Uint8Array) => Hash, assertion: number): Hash {
    return keyOfObligation(hash, { kind: METAMATH_1, payload: this.payloadOf(assertion) });
  }

  /**
   * The axioms that it rests on, syntax included, itself where it is one; undefined when a proof
   * below it was refused.
   */
  axiomsOf(assertion: number): readonly number[] | undefined {
    const { closures } = this.parts;
    return closures.isKnown(assertion) ? closures.of(assertion) : undefined;
  }
}

export interface DatabaseRead {
  readonly result: CheckResult<Database>;
  readonly cost: Cost;
}

/** Reads a database and checks every proof in it, in one go. */
export function readDatabase(
  source: Uint8Array,
  budget: Budget,
  options: ReadOptions,
): DatabaseRead {
  const meter = new Meter(budget);
  const result = judged(() => {
    const reader = new DatabaseReader(source, meter, options);
    reader.read();
    return new Database(source, reader.parts);
  });
  return { result, cost: meter.cost() };
}
