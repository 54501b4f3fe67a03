import type { Meter } from "../frame/meter.ts";
import { decline, reject } from "../frame/stop.ts";
import { MINUS, NEWLINE, NUMBER_MAX, ZERO, isDigit, isSpace } from "./dimacs/text-numbers.ts";
import type { VariableMap } from "./dimacs/variable-map.ts";

const LETTER = { c: 0x63, s: 0x73, v: 0x76 } as const;
const SATISFIABLE = "SATISFIABLE";

/**
 * The model in a solver's output: its `v` lines up to their 0. Variables that it does not name are
 * false, ones that the formula does not have do not matter. Answers 1 for each true variable.
 */
export function readSolverOutput(
  text: Uint8Array,
  variables: VariableMap,
  meter: Meter,
): Uint8Array {
  meter.read(text.length);
  meter.spend(text.length);
  meter.hold(2 * variables.names.length);
  return new OutputReader(text, variables).read();
}

class OutputReader {
  readonly #text: Uint8Array;
  readonly #variables: VariableMap;
  readonly #model: Uint8Array;
  readonly #isSet: Uint8Array;
  #isEnded = false;

  constructor(text: Uint8Array, variables: VariableMap) {
    this.#text = text;
    this.#variables = variables;
    this.#model = new Uint8Array(variables.names.length);
    this.#isSet = new Uint8Array(variables.names.length);
  }

  read(): Uint8Array {
    const text = this.#text;
    for (let at = 0; at < text.length;) {
      const found = text.indexOf(NEWLINE, at);
      const end = found < 0 ? text.length : found;
      if (text[at] === LETTER.s) this.#status(at + 1, end);
      else if (text[at] === LETTER.v) this.#values(at + 1, end);
      else if (text[at] !== LETTER.c && !isSpace(text[at])) reject("line-unknown", at);
      at = end + 1;
    }
    if (!this.#isEnded) reject("cut-short", text.length);
    return this.#model;
  }

  #status(from: number, end: number): void {
    let status = "";
    for (let at = from; at < end; at++) {
      if (!isSpace(this.#text[at])) status += String.fromCharCode(this.#text[at]!);
    }
    // A word that something is unsatisfiable proves nothing.
    if (status !== SATISFIABLE) decline("status-without-proof", from, status);
  }

  #values(from: number, end: number): void {
    let at = from;
    for (;;) {
      while (at < end && isSpace(this.#text[at])) at++;
      if (at >= end) return;
      const start = at;
      const isNegative = this.#text[at] === MINUS;
      if (isNegative) at++;
      const first = at;
      let value = 0;
      while (at < end && isDigit(this.#text[at])) {
        value = 10 * value + this.#text[at++]! - ZERO;
        if (value > NUMBER_MAX) reject("number-too-large", start);
      }
      if (at === first || (at < end && !isSpace(this.#text[at]))) reject("not-a-number", at);
      if (value === 0) this.#isEnded = true;
      else this.#set(value, isNegative ? 0 : 1, start);
    }
  }

  #set(name: number, value: number, offset: number): void {
    const variable = this.#variables.denseOf(name);
    if (variable === undefined) return;
    if (this.#isSet[variable] === 1 && this.#model[variable] !== value) {
      reject("variable-both-ways", offset);
    }
    this.#isSet[variable] = 1;
    this.#model[variable] = value;
  }
}
