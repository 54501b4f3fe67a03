import { utf8 } from "../../../base/bytes.ts";
import { Prng } from "../../../base/prng.ts";
import type { Budget } from "../../frame/budget.ts";
import { Meter } from "../../frame/meter.ts";
import { parseDimacs } from "../dimacs/parse-dimacs.ts";
import type { ParsedDimacs } from "../dimacs/parse-dimacs.ts";

/** Clauses in DIMACS's own numbers, as tests write them. */
export type Clauses = readonly (readonly number[])[];

export const WIDE_BUDGET: Budget = { stepsMax: 2 ** 40, bytesMax: 2 ** 30, liveBytesMax: 2 ** 28 };

export function wideMeter(): Meter {
  return new Meter(WIDE_BUDGET);
}

export function dimacs(clauses: Clauses): string {
  const variables = Math.max(0, ...clauses.flat().map(Math.abs));
  const lines = clauses.map((clause) => `${[...clause, 0].join(" ")}\n`);
  return `p cnf ${variables} ${clauses.length}\n${lines.join("")}`;
}

export function parsed(clauses: Clauses): ParsedDimacs {
  return parseDimacs(utf8(dimacs(clauses)), wideMeter());
}

/** More pigeons than holes: unsatisfiable, with all symmetries of both. */
export function pigeonhole(holes: number): Clauses {
  const inHole = (pigeon: number, hole: number): number => pigeon * holes + hole + 1;
  const pigeons = Array.from({ length: holes + 1 }, (_, pigeon) => pigeon);
  const each = Array.from({ length: holes }, (_, hole) => hole);
  return [
    ...pigeons.map((pigeon) => each.map((hole) => inHole(pigeon, hole))),
    ...each.flatMap((hole) =>
      pigeons.flatMap((one) =>
        pigeons.slice(one + 1).map((other) => [-inHole(one, hole), -inHole(other, hole)]),
      ),
    ),
  ];
}

export function randomClauses(seed: number, variables: number, count: number, size = 3): Clauses {
  const prng = new Prng(seed);
  return Array.from({ length: count }, () => {
    const clause = new Set<number>();
    while (clause.size < size) clause.add(1 + prng.below(variables));
    return [...clause].map((variable) => (prng.chance(0.5) ? variable : -variable));
  });
}

/**
 * Tseitin's formula on the circulant graph of so many vertices with steps 1 and 2: each edge is a
 * variable, and around each vertex the sum of its edges is even; except, when `charge` is 1, around
 * one. Colour refinement cannot tell the two apart, and only the even one is satisfiable.
 */
export function tseitin(vertices: number, charge: 0 | 1): Clauses {
  const edge = (from: number, step: 1 | 2): number =>
    2 * (((from % vertices) + vertices) % vertices) + step;
  const clauses: number[][] = [];
  for (let vertex = 0; vertex < vertices; vertex++) {
    const edges = [edge(vertex, 1), edge(vertex, 2), edge(vertex - 1, 1), edge(vertex - 2, 2)];
    const parity = vertex === 0 ? charge : 0;
    for (let signs = 0; signs < 16; signs++) {
      const negated = [0, 1, 2, 3].filter((bit) => ((signs >> bit) & 1) === 1);
      // A clause forbids one assignment: the one that makes its negated edges true.
      if (negated.length % 2 === parity) continue;
      clauses.push(edges.map((name, bit) => (negated.includes(bit) ? -name : name)));
    }
  }
  return clauses;
}

/** Whether some assignment makes every clause true; of few variables. */
export function isSatisfiableByTrial(clauses: Clauses): boolean {
  const variables = Math.max(0, ...clauses.flat().map(Math.abs));
  for (let assignment = 0; assignment < 2 ** variables; assignment++) {
    const isTrue = (literal: number): boolean =>
      ((assignment >> (Math.abs(literal) - 1)) & 1) === (literal > 0 ? 1 : 0);
    if (clauses.every((clause) => clause.some(isTrue))) return true;
  }
  return false;
}

/** The same formula as somebody else would write it: other names, polarities and orders. */
export function disguised(clauses: Clauses, seed: number): Clauses {
  const prng = new Prng(seed);
  const variables = Math.max(0, ...clauses.flat().map(Math.abs));
  const names = shuffled(
    Array.from({ length: variables }, (_, index) => index + 1),
    prng,
  );
  const signs = names.map(() => (prng.chance(0.5) ? 1 : -1));
  const rename = (literal: number): number => {
    const variable = Math.abs(literal) - 1;
    return Math.sign(literal) * signs[variable]! * names[variable]!;
  };
  return shuffled(
    clauses.map((clause) => shuffled(clause.map(rename), prng)),
    prng,
  );
}

export function shuffled<T>(items: readonly T[], prng: Prng): T[] {
  const copy = [...items];
  for (let at = copy.length - 1; at > 0; at--) {
    const other = prng.below(at + 1);
    [copy[at], copy[other]] = [copy[other]!, copy[at]!];
  }
  return copy;
}
