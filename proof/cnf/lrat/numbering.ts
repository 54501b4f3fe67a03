import { reject } from "../../frame/stop.ts";
import type { VariableMap } from "../dimacs/variable-map.ts";
import { literalOfSigned } from "../formula.ts";
import type { Numbering } from "./lrat-checker.ts";

/** Variables that a proof may bring in itself: more is no honest proof, and a Map ends at 2^24. */
export const NEW_VARIABLES_MAX = 1 << 22;

/** The proof has the formula's own numbers; of a canonical payload they are dense. */
export const canonicalNumbering: Numbering = { literalOf: literalOfSigned };

/** The proof has the numbers of a text, and variables that are new get the next dense ones. */
export function textNumbering(variables: VariableMap): Numbering {
  const fresh = new Map<number, number>();
  const known = variables.names.length;
  const denseOf = (name: number): number => {
    const dense = variables.denseOf(name) ?? fresh.get(name);
    if (dense !== undefined) return dense;
    if (fresh.size >= NEW_VARIABLES_MAX) reject("new-variables-too-many", 0);
    const next = known + fresh.size;
    fresh.set(name, next);
    return next;
  };
  return {
    literalOf: (signed) => (signed > 0 ? 2 * denseOf(signed) : 2 * denseOf(-signed) + 1),
  };
}
