import type { Recording } from "./recording.ts";
import { compileTerm } from "./query-terms.ts";
import type { RowTest, Term } from "./query-terms.ts";

/** What was wrong with a search, and where it stands in the text. */
export interface QueryError {
  readonly message: string;
  readonly at: number;
}

export type Query =
  | { readonly ok: true; readonly test: (recording: Recording) => RowTest }
  | { readonly ok: false; readonly error: QueryError };

/** A search is typed by a person: longer ones are a paste that went wrong. */
const TERM_COUNT_MAX = 64;

/**
 * Terms side by side must all hold; `or` between groups; `-` before a term turns it round:
 * `type:committed view>3 replica:2 -peer:replica-0 or key:obj* latency>50ms`.
 */
export function parseQuery(text: string): Query {
  const groups: Term[][] = [[]];
  const words = [...text.matchAll(/\S+/g)];
  if (words.length > TERM_COUNT_MAX) {
    return { ok: false, error: { message: `more than ${TERM_COUNT_MAX} terms`, at: 0 } };
  }
  for (const word of words) {
    if (word[0].toLowerCase() === "or") {
      groups.push([]);
      continue;
    }
    const term = parseTerm(word[0]);
    if (typeof term === "string") return { ok: false, error: { message: term, at: word.index } };
    groups[groups.length - 1]?.push(term);
  }
  const filled = groups.filter((group) => group.length > 0);
  return { ok: true, test: (recording) => compileGroups(recording, filled) };
}

function compileGroups(recording: Recording, groups: readonly Term[][]): RowTest {
  if (groups.length === 0) return () => true;
  const compiled = groups.map((group) => group.map((term) => compileTerm(recording, term)));
  return (row) => compiled.some((tests) => tests.every((test) => test(row)));
}

function parseTerm(word: string): Term | string {
  const match = /^(-?)([a-z][a-z-]*)(:|>=|<=|>|<|=)(.+)$/i.exec(word);
  if (match === null) {
    const bare = /^(-?)([^:<>=]+)$/.exec(word);
    if (bare === null) return `"${word}" is no term: try type:committed or view>3`;
    return { negated: bare[1] === "-", field: "any", operator: ":", value: bare[2] as string };
  }
  const [, minus, field = "", operator = ":", value = ""] = match;
  const negated = minus === "-";
  if (/[<>]/.test(operator) && !/^-?\d+(?:\.\d+)?(?:ms|s)?$/.test(value)) {
    return `"${value}" is no number: try ${field}>3 or ${field}<50ms`;
  }
  return { negated, field: field.toLowerCase(), operator: operator as Term["operator"], value };
}

/** One byte a row: 1 where the test holds. */
export function matchRows(
  recording: Recording,
  test: RowTest,
): { mask: Uint8Array; count: number } {
  const mask = new Uint8Array(recording.table.count);
  let count = 0;
  for (let row = 0; row < mask.length; row++) {
    if (!test(row)) continue;
    mask[row] = 1;
    count++;
  }
  return { mask, count };
}
