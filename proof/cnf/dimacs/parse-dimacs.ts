import type { Meter } from "../../frame/meter.ts";
import { decline, reject } from "../../frame/stop.ts";
import type { Formula } from "../formula.ts";
import { IntList } from "../int-list.ts";
import { MINUS, NEWLINE, NUMBER_MAX, ZERO, isDigit, isSpace } from "./text-numbers.ts";
import { VariableMap } from "./variable-map.ts";

const LETTER_C = 0x63;
const LETTER_P = 0x70;
const PERCENT = 0x25;
const CNF = [0x63, 0x6e, 0x66];

/** A formula, and the way back from its variables to the text's. */
export interface ParsedDimacs {
  readonly formula: Formula;
  readonly variables: VariableMap;
}

/**
 * Reads DIMACS CNF strictly. What the header counts is never believed: nothing is allocated by it,
 * and a text that does not keep it is rejected. Clauses may span lines; lines that begin with `c`
 * are comments; SATLIB's trailer (`%`, then a 0) is accepted.
 */
export function parseDimacs(text: Uint8Array, meter: Meter): ParsedDimacs {
  meter.read(text.length);
  meter.spend(text.length);
  const reader = new DimacsReader(text, meter);
  const { signed, starts } = reader.read();
  const variables = new VariableMap(meter, signed);
  const formula: Formula = {
    variableCount: variables.names.length,
    names: variables.names,
    literals: signed,
    starts,
    byteCount: text.length,
  };
  return { formula, variables };
}

class DimacsReader {
  readonly #text: Uint8Array;
  readonly #signed: IntList;
  readonly #starts: IntList;
  #at = 0;
  /** Only white space since the last line end: comments may begin here. */
  #atLineStart = true;

  constructor(text: Uint8Array, meter: Meter) {
    this.#text = text;
    this.#signed = new IntList(meter);
    this.#starts = new IntList(meter);
  }

  read(): { readonly signed: Int32Array; readonly starts: Int32Array } {
    const { variableMax, clauseCount } = this.#header();
    this.#starts.push(0);
    this.#clauses(variableMax, clauseCount);
    const found = this.#starts.length - 1;
    if (found !== clauseCount) {
      reject("header-counts", this.#at, `${clauseCount} clauses announced, ${found} there`);
    }
    return { signed: this.#signed.take(), starts: this.#starts.take() };
  }

  #header(): { readonly variableMax: number; readonly clauseCount: number } {
    this.#skipBlank();
    const start = this.#at;
    if (this.#text[start] !== LETTER_P) reject("header-missing", start);
    this.#at++;
    this.#spaces();
    const format = this.#at;
    if (CNF.some((byte, index) => this.#text[format + index] !== byte)) {
      decline("not-plain-cnf", format, "only `p cnf` is covered");
    }
    this.#at += CNF.length;
    this.#spaces();
    const variableMax = this.#number(false);
    this.#spaces();
    const clauseCount = this.#number(false);
    while (isSpace(this.#text[this.#at]) && this.#text[this.#at] !== NEWLINE) this.#at++;
    if (this.#at < this.#text.length && this.#text[this.#at] !== NEWLINE) {
      reject("header-malformed", this.#at);
    }
    return { variableMax, clauseCount };
  }

  #clauses(variableMax: number, clauseCount: number): void {
    const text = this.#text;
    for (;;) {
      this.#skipBlank();
      if (this.#at >= text.length) break;
      if (text[this.#at] === PERCENT && this.#atLineStart) {
        this.#trailer();
        break;
      }
      const start = this.#at;
      if (this.#starts.length > clauseCount) reject("header-counts", start, "a clause too many");
      const number = this.#number(true);
      this.#atLineStart = false;
      if (this.#at < text.length && !isSpace(text[this.#at])) reject("not-a-number", this.#at);
      if (number === 0) this.#starts.push(this.#signed.length);
      else if (Math.abs(number) > variableMax) {
        reject("header-counts", start, `variable ${Math.abs(number)} is beyond ${variableMax}`);
      } else this.#signed.push(number);
    }
    if (this.#signed.length !== this.#starts.items[this.#starts.length - 1]) {
      reject("clause-unfinished", this.#at);
    }
  }

  /** Behind `%` stands nothing but SATLIB's 0. */
  #trailer(): void {
    this.#at++;
    while (isSpace(this.#text[this.#at])) this.#at++;
    if (this.#text[this.#at] === ZERO) this.#at++;
    while (isSpace(this.#text[this.#at])) this.#at++;
    if (this.#at < this.#text.length) reject("behind-trailer", this.#at);
  }

  /** White space, and comments from a line's start to its end. */
  #skipBlank(): void {
    const text = this.#text;
    for (;;) {
      const byte = text[this.#at];
      if (byte === NEWLINE) {
        this.#atLineStart = true;
        this.#at++;
      } else if (isSpace(byte)) this.#at++;
      else if (byte === LETTER_C && this.#atLineStart) {
        const end = text.indexOf(NEWLINE, this.#at);
        this.#at = end < 0 ? text.length : end;
      } else return;
    }
  }

  #spaces(): void {
    const start = this.#at;
    while (isSpace(this.#text[this.#at]) && this.#text[this.#at] !== NEWLINE) this.#at++;
    if (this.#at === start) reject("header-malformed", start);
  }

  /** In its shortest form, at most 2^31−1; never reads further than the first digit too many. */
  #number(signed: boolean): number {
    const text = this.#text;
    const start = this.#at;
    const isNegative = signed && text[start] === MINUS;
    if (isNegative) this.#at++;
    const first = this.#at;
    let value = 0;
    while (isDigit(text[this.#at])) {
      value = 10 * value + text[this.#at]! - ZERO;
      if (value > NUMBER_MAX) reject("number-too-large", start);
      this.#at++;
    }
    if (this.#at === first) reject("not-a-number", this.#at);
    const hasLeadingZero = text[first] === ZERO && (this.#at > first + 1 || isNegative);
    if (hasLeadingZero) reject("number-not-shortest", start);
    return isNegative ? -value : value;
  }
}
