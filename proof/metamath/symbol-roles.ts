import type { Meter } from "../frame/meter.ts";
import { GrowingInts } from "./growing-ints.ts";

export const UNKNOWN = 0;
export const CONSTANT = 1;
/** Declared, and its scope is open. */
export const VARIABLE = 2;
/** Its scope is closed; it may be declared anew, though not as a constant. */
export const VARIABLE_CLOSED = 3;
export const LABEL = 4;
type Role =
  | typeof UNKNOWN
  | typeof CONSTANT
  | typeof VARIABLE
  | typeof VARIABLE_CLOSED
  | typeof LABEL;

const NONE = -1;

/** What each token of a database means at the place that is being read. */
export class SymbolRoles {
  readonly #roles: GrowingInts;
  /** A variable's active floating hypothesis, or a label's statement. */
  readonly #statements: GrowingInts;

  constructor(meter: Meter) {
    this.#roles = new GrowingInts(meter);
    this.#statements = new GrowingInts(meter);
  }

  roleOf(token: number): Role {
    return token < this.#roles.size ? (this.#roles.ints[token] as Role) : UNKNOWN;
  }

  setRole(token: number, role: Role): void {
    while (this.#roles.size <= token) {
      this.#roles.push(UNKNOWN);
      this.#statements.push(NONE);
    }
    this.#roles.ints[token] = role;
  }

  /** -1: none. Of a token that has a role. */
  statementOf(token: number): number {
    return this.#statements.at(token);
  }

  setStatement(token: number, statement: number): void {
    this.#statements.ints[token] = statement;
  }
}
