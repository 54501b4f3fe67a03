import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalCnf } from "../canonical/canonical-cnf.ts";
import { falseClause } from "../check-model.ts";
import { decodeModel } from "../proof-bytes.ts";
import { checkStored, solved } from "../testing/proofs.ts";
import {
  isSatisfiableByTrial,
  parsed,
  pigeonhole,
  randomClauses,
  tseitin,
  wideMeter,
} from "../testing/sample-formulas.ts";
import type { Clauses } from "../testing/sample-formulas.ts";
import { solveCnf } from "./cdcl-solver.ts";

/** Solves it, and believes nothing before the checker does. */
function verdictOf(clauses: Clauses): string {
  const { canonical, verdict, proof } = solved(clauses);
  expect(checkStored(canonical.payload, proof).status).toBe("accept");
  if (verdict === "sat") {
    const model = decodeModel(proof, canonical.variableCount);
    expect(falseClause(canonical.clauses, model)).toBe(-1);
  }
  return verdict;
}

const literal = fc.integer({ min: 1, max: 6 }).chain((name) => fc.constantFrom(name, -name));
const formula = fc.array(fc.array(literal, { minLength: 1, maxLength: 3 }), { maxLength: 24 });

describe("the solver's answers, each checked", () => {
  it("are those of trying all assignments", () => {
    fc.assert(
      fc.property(formula, (clauses) => {
        expect(verdictOf(clauses)).toBe(isSatisfiableByTrial(clauses) ? "sat" : "unsat");
      }),
      { numRuns: 600 },
    );
  });

  it("hold with empty clauses and without any", () => {
    expect(verdictOf([])).toBe("sat");
    expect(verdictOf([[]])).toBe("unsat");
    expect(verdictOf([[1], [-1]])).toBe("unsat");
  });

  it.each([
    ["six pigeons in five holes", pigeonhole(5), "unsat"],
    ["eight pigeons in seven holes", pigeonhole(7), "unsat"],
    ["an odd parity", tseitin(11, 1), "unsat"],
    ["an even parity", tseitin(11, 0), "sat"],
    ["random clauses beyond the threshold", randomClauses(2, 120, 620), "unsat"],
    ["random clauses below it", randomClauses(2, 200, 760), "sat"],
  ])("%s", (_what, clauses, verdict) => {
    expect(verdictOf(clauses)).toBe(verdict);
  });

  it.each(Array.from({ length: 12 }, (_, seed) => seed + 1))(
    "random clauses at the threshold, seed %i: long enough for restarts and deletions",
    (seed) => {
      expect(["sat", "unsat"]).toContain(verdictOf(randomClauses(seed, 130, 554)));
    },
  );
});

describe("the solver", () => {
  it("ends when its fuel is spent, and then says nothing", () => {
    const { clauses, variableCount } = canonicalCnf(parsed(pigeonhole(9)).formula, wideMeter());
    const options = { fuelMax: 1e5, sink: () => undefined };
    expect(solveCnf({ variableCount, ...clauses }, options, wideMeter())).toEqual({
      verdict: "unknown",
    });
  });

  it("writes the same proof each time", () => {
    expect(solved(pigeonhole(5)).proof).toEqual(solved(pigeonhole(5)).proof);
  });
});
