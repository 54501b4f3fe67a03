import type { Meter } from "../../frame/meter.ts";
import type { Canonical, Renaming } from "../../frame/renaming.ts";
import type { Formula } from "../formula.ts";
import { clauseOrder, sortNumbers } from "./clause-order.ts";
import type { ClauseList } from "./clause-order.ts";
import { searchLabelling } from "./labelling-search.ts";
import type { SearchLimits } from "./labelling-search.ts";
import { normalForm } from "./normal-form.ts";
import type { NormalForm } from "./normal-form.ts";
import { encodePayload } from "./payload.ts";

/** The bounds of the search for a labelling: beyond them a form is weak. */
export const SEARCH_LIMITS: SearchLimits = { leavesMax: 64, visitsMax: 50_000_000 };

/** The canonical form with what maps proofs and models between it and the asker's formula. */
export interface CanonicalFormula extends Canonical {
  readonly clauses: ClauseList;
  /** For each clause of the asker's formula the number (from 1) of its image, 0 for none. */
  readonly clauseNumbers: Int32Array;
}

export function canonicalCnf(
  formula: Formula,
  meter: Meter,
  limits: SearchLimits = SEARCH_LIMITS,
): CanonicalFormula {
  const form = normalForm(formula, meter);
  const { labels, clauses, strength } = searchLabelling(form, limits, meter);
  const forward = new Int32Array(formula.variableCount);
  for (let variable = 0; variable < form.variableCount; variable++) {
    const label = labels[2 * variable]!;
    forward[form.variables[variable]!] = (label & 1) === 0 ? label / 2 + 1 : -((label + 1) / 2);
  }
  return {
    payload: encodePayload({ variableCount: form.variableCount, ...clauses }),
    variableCount: form.variableCount,
    renaming: { forward },
    strength,
    clauses,
    clauseNumbers: numberClauses(form, labels, clauses, meter),
  };
}

/** Under which number each of the asker's clauses stands in the canonical list. */
function numberClauses(
  form: NormalForm,
  labels: Int32Array,
  { starts }: ClauseList,
  meter: Meter,
): Int32Array {
  const mapped = form.literals.map((literal) => labels[literal]!);
  for (let clause = 0; clause + 1 < starts.length; clause++) {
    sortNumbers(mapped, form.starts[clause]!, form.starts[clause + 1]!);
  }
  const order = clauseOrder(
    { literals: mapped, starts: form.starts },
    2 * form.variableCount,
    meter,
  );
  const numbers = new Int32Array(order.length);
  for (let index = 0; index < order.length; index++) numbers[order[index]!] = index + 1;
  return form.clauseImages.map((image) => (image < 0 ? 0 : numbers[image]!));
}

/**
 * The payload that a renaming makes of a formula, with no search and nothing of the code above: it
 * is what notices a wrong labelling. A renaming that lacks a variable that matters makes none.
 */
export function renameFormula(formula: Formula, renaming: Renaming, meter: Meter): Uint8Array {
  if (hasEmptyClause(formula)) return encodePayload(ONLY_EMPTY);
  const literals: number[] = [];
  const starts = [0];
  const { forward } = renaming;
  let variableCount = 0;
  for (let clause = 0; clause + 1 < formula.starts.length; clause++) {
    const clauseLiterals = formula.literals.subarray(
      formula.starts[clause],
      formula.starts[clause + 1],
    );
    const distinct = new Set(clauseLiterals);
    if (clauseLiterals.some((literal) => distinct.has(literal ^ 1))) continue;
    const image = new Set<number>();
    for (const literal of distinct) {
      image.add((forward[literal >>> 1] ?? 0) * ((literal & 1) === 0 ? 1 : -1));
    }
    if (image.has(0)) return new Uint8Array(0);
    const codes = [...image].map((signed) => (signed > 0 ? 2 * signed - 2 : -2 * signed - 1));
    codes.sort((one, other) => one - other);
    for (const code of codes) {
      variableCount = Math.max(variableCount, (code >>> 1) + 1);
      literals.push(code);
    }
    starts.push(literals.length);
  }
  const list = { literals: Int32Array.from(literals), starts: Int32Array.from(starts) };
  return encodePayload({ variableCount, ...withoutDuplicates(list, 2 * variableCount, meter) });
}

const ONLY_EMPTY = {
  variableCount: 0,
  literals: new Int32Array(0),
  starts: Int32Array.of(0, 0),
};

function hasEmptyClause({ starts }: Formula): boolean {
  return starts.subarray(1).some((start, clause) => start === starts[clause]);
}

function withoutDuplicates(list: ClauseList, literalBound: number, meter: Meter): ClauseList {
  const order = clauseOrder(list, literalBound, meter);
  const literals: number[] = [];
  const starts = [0];
  let before = "";
  for (const clause of order) {
    const codes = list.literals.subarray(list.starts[clause], list.starts[clause + 1]);
    const text = codes.join(" ");
    if (text === before) continue;
    before = text;
    literals.push(...codes);
    starts.push(literals.length);
  }
  return { literals: Int32Array.from(literals), starts: Int32Array.from(starts) };
}
