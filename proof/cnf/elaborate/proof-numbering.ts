import type { VariableMap } from "../dimacs/variable-map.ts";
import { reject } from "../../frame/stop.ts";
import type { Numbering } from "../lrat/lrat-checker.ts";
import { NEW_VARIABLES_MAX } from "../lrat/numbering.ts";

/**
 * From a proof about the asker's text to canonical literals: through the renaming where the
 * canonical form has the variable; what it dropped, and what the proof brings in, comes behind.
 */
export function proofNumbering(
  variables: VariableMap,
  forward: Int32Array,
  variableCount: number,
): Numbering {
  const fresh = new Map<number, number>();
  const freshOf = (name: number): number => {
    const known = fresh.get(name);
    if (known !== undefined) return known;
    if (fresh.size >= NEW_VARIABLES_MAX) reject("new-variables-too-many", 0);
    const literal = 2 * (variableCount + fresh.size);
    fresh.set(name, literal);
    return literal;
  };
  const positive = (name: number): number => {
    const dense = variables.denseOf(name);
    const image = dense === undefined ? 0 : forward[dense]!;
    if (image === 0) return freshOf(name);
    return image > 0 ? 2 * image - 2 : -2 * image - 1;
  };
  return { literalOf: (signed) => (signed > 0 ? positive(signed) : positive(-signed) ^ 1) };
}
