import { describe, expect, it } from "vitest";
import { pigeonhole } from "../../proof/cnf/testing/sample-formulas.ts";
import { METAMATH_1 } from "../../proof/metamath/database.ts";
import { LOGIC, PROOFS, readSound } from "../../proof/metamath/testing/small-database.ts";
import { canonicalLines, explainMiss } from "./explain-miss.ts";
import { obligationOf } from "./testing/formulas.ts";

describe("why nothing was known", () => {
  it("names the nearest known formula and the first difference", () => {
    const asked = obligationOf([...pigeonhole(4), [1, 2]]);
    const near = obligationOf(pigeonhole(4));
    const miss = explainMiss(asked, [obligationOf([[1, 2], [-1]]), near]);
    expect(miss.nearest).toBe(near);
    expect(miss.firstDifference).toMatchObject({ line: 1, asked: "p cnf 20 46" });
    expect(miss.firstDifference?.known).toBe("p cnf 20 45");
    expect(miss.shared).toBeLessThan(miss.lines);
  });

  it("names the nearest known statement", () => {
    const database = readSound(LOGIC + PROOFS);
    const of = (label: string) => ({
      kind: METAMATH_1,
      payload: database.payloadOf(database.find(label)!),
    });
    const miss = explainMiss(of("twice"), [of("a1i"), of("ax1"), obligationOf([[1]])]);
    expect(miss.firstDifference?.asked).toContain("( v0 -> v0 )");
    expect(canonicalLines(of("a1i"))).toEqual([
      "|- ( v0 -> v1 )",
      "if |- v1",
      "v0 is wff",
      "v1 is wff",
    ]);
  });

  it("says when nothing of its kind is known, or the very same", () => {
    const asked = obligationOf([[1]]);
    expect(explainMiss(asked, [])).toMatchObject({ nearest: undefined });
    expect(explainMiss(asked, [asked]).firstDifference).toBeUndefined();
  });
});
