import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex, utf8 } from "../../../base/bytes.ts";
import { Prng } from "../../../base/prng.ts";
import { judged } from "../../frame/stop.ts";
import { verifyRenaming } from "../../frame/renaming.ts";
import { parseDimacs } from "../dimacs/parse-dimacs.ts";
import {
  dimacs,
  disguised,
  isSatisfiableByTrial,
  parsed,
  pigeonhole,
  randomClauses,
  shuffled,
  tseitin,
  wideMeter,
} from "../testing/sample-formulas.ts";
import type { Clauses } from "../testing/sample-formulas.ts";
import { canonicalCnf, renameFormula } from "./canonical-cnf.ts";
import type { CanonicalFormula } from "./canonical-cnf.ts";
import { clauseGraph } from "./graph.ts";
import { normalForm } from "./normal-form.ts";
import { Partition } from "./partition.ts";
import { decodePayload, encodePayload } from "./payload.ts";

function canonical(clauses: Clauses): CanonicalFormula {
  const { formula } = parsed(clauses);
  const form = canonicalCnf(formula, wideMeter());
  const isVerified = verifyRenaming(form, (renaming) =>
    renameFormula(formula, renaming, wideMeter()),
  );
  expect(isVerified).toBe(true);
  const decoded = decodePayload(form.payload, wideMeter());
  expect(encodePayload(decoded)).toEqual(form.payload);
  return form;
}

const textOf = (clauses: Clauses): string => toHex(canonical(clauses).payload);

const literal = fc.integer({ min: 1, max: 7 }).chain((name) => fc.constantFrom(name, -name));
const formula = fc.array(fc.array(literal, { maxLength: 4 }), { maxLength: 14 });

describe("equal formulas have equal forms", () => {
  it("whatever their names, polarities and orders", () => {
    fc.assert(
      fc.property(formula, fc.nat(), (clauses, seed) => {
        expect(textOf(disguised(clauses, seed))).toBe(textOf(clauses));
      }),
      { numRuns: 400 },
    );
  });

  it("with duplicate literals and clauses, with tautologies and variables used nowhere", () => {
    fc.assert(
      fc.property(formula, fc.nat(), (clauses, seed) => {
        const prng = new Prng(seed);
        const more = clauses.map((clause) => [...clause, ...clause.slice(0, prng.below(3))]);
        const again = clauses.slice(0, prng.below(4));
        const noise = shuffled([...more, ...again, [9, -3, -9], [1, -1]], prng);
        expect(textOf(noise)).toBe(textOf(clauses));
      }),
      { numRuns: 200 },
    );
  });

  it("in any layout", () => {
    const plain = "p cnf 3 2\n1 -2 0\n3 2 0\n";
    const odd = "c one\nc two\n\np  cnf 3\t2 \n 1\n-2 0 3\nc three\n2\r\n 0\n%\n0\n";
    const [one, other] = [plain, odd].map((text) =>
      canonicalCnf(parseDimacs(utf8(text), wideMeter()).formula, wideMeter()),
    );
    expect(toHex(one!.payload)).toBe(toHex(other!.payload));
  });

  it.each([
    ["pigeons", pigeonhole(5)],
    ["parities", tseitin(9, 1)],
    ["random clauses", randomClauses(3, 60, 250)],
    ["many equal parts", Array.from({ length: 20 }, (_, at) => [2 * at + 1, -(2 * at + 2)])],
    ["a long chain", Array.from({ length: 2000 }, (_, at) => [-(at + 1), at + 2])],
  ])("with symmetries: %s", (_what, clauses) => {
    expect(canonical(clauses).strength).toBe("exact");
    for (let seed = 1; seed <= 8; seed++) {
      expect(textOf(disguised(clauses, seed))).toBe(textOf(clauses));
    }
  });

  it("and an empty clause is all there is to know", () => {
    expect(textOf([[1, 2], [], [3]])).toBe(textOf([[]]));
    expect(textOf([[]])).not.toBe(textOf([]));
  });
});

describe("different formulas have different forms", () => {
  it("near misses: one literal turned over, one clause less, one literal more", () => {
    const base = randomClauses(7, 30, 120);
    const texts = new Set([textOf(base)]);
    for (let at = 0; at < 30; at++) {
      const clause = base[at]!;
      texts.add(textOf(base.with(at, [-clause[0]!, ...clause.slice(1)])));
      texts.add(textOf(base.toSpliced(at, 1)));
      texts.add(textOf(base.with(at, [...clause, clause.includes(30) ? -29 : 30])));
    }
    expect(texts.size).toBeGreaterThan(85);
  });

  it("satisfiable and unsatisfiable ones never share a form", () => {
    fc.assert(
      fc.property(formula, formula, (one, other) => {
        if (textOf(one) !== textOf(other)) return;
        expect(isSatisfiableByTrial(one)).toBe(isSatisfiableByTrial(other));
      }),
      { numRuns: 100 },
    );
  });

  it("although colour refinement sees no difference, and one is satisfiable and one is not", () => {
    const [even, odd] = [tseitin(9, 0), tseitin(9, 1)];
    expect(coloursOf(even)).toEqual(coloursOf(odd));
    expect(textOf(even)).not.toBe(textOf(odd));
    expect(isSatisfiableByTrial(even)).toBe(true);
    expect(isSatisfiableByTrial(odd)).toBe(false);
  });
});

/** The sizes of all cells when refinement has nothing more to say. */
function coloursOf(clauses: Clauses): readonly number[] {
  const graph = clauseGraph(normalForm(parsed(clauses).formula, wideMeter()), wideMeter());
  const partition = new Partition(graph, wideMeter());
  partition.refine();
  const sizes: number[] = [];
  for (let cell = 0; cell < graph.vertexCount; cell += partition.lengthOf(cell)) {
    sizes.push(partition.lengthOf(cell));
  }
  return sizes;
}

describe("beyond its limits", () => {
  const limits = { leavesMax: 1, visitsMax: 50_000_000 };

  it("a form is weak, right all the same, and equal for equal texts", () => {
    const { formula } = parsed(pigeonhole(4));
    const weak = canonicalCnf(formula, wideMeter(), limits);
    expect(weak.strength).toBe("weak");
    expect(verifyRenaming(weak, (renaming) => renameFormula(formula, renaming, wideMeter()))).toBe(
      true,
    );
    expect(canonicalCnf(formula, wideMeter(), limits).payload).toEqual(weak.payload);
  });

  it("of visits too, even before the first refinement is done", () => {
    const { formula } = parsed(randomClauses(1, 200, 800));
    const weak = canonicalCnf(formula, wideMeter(), { leavesMax: 64, visitsMax: 100 });
    expect(weak.strength).toBe("weak");
    expect(verifyRenaming(weak, (renaming) => renameFormula(formula, renaming, wideMeter()))).toBe(
      true,
    );
  });
});

describe("a wrong renaming is noticed", () => {
  it("two variables exchanged, one turned over, one lost", () => {
    const { formula } = parsed([[1, 2], [-2, 3, 4], [1], [-3, -4, 1]]);
    const form = canonicalCnf(formula, wideMeter());
    const { forward } = form.renaming;
    const wrong = [
      Int32Array.of(forward[1]!, forward[0]!, ...forward.slice(2)),
      Int32Array.of(-forward[0]!, ...forward.slice(1)),
      Int32Array.of(0, ...forward.slice(1)),
    ];
    for (const forged of wrong) {
      const claim = { ...form, renaming: { forward: forged } };
      expect(verifyRenaming(claim, (each) => renameFormula(formula, each, wideMeter()))).toBe(
        false,
      );
    }
  });
});

describe("a payload", () => {
  it.each([
    ["cut short", [2, 1, 2, 0]],
    ["with more behind it", [1, 1, 1, 0, 0]],
    ["with literals out of order", [2, 1, 2, 2, 0]],
    ["with a literal twice", [1, 1, 2, 0, 0]],
    ["with a tautology", [1, 1, 2, 0, 1]],
    ["with clauses out of order", [2, 2, 1, 2, 1, 0]],
    ["with a clause twice", [1, 2, 1, 0, 1, 0]],
    ["with a variable used nowhere", [2, 1, 1, 0]],
    ["with a variable that it does not have", [1, 1, 1, 2]],
    ["with clauses beside the empty one", [1, 2, 0, 1, 0]],
    ["that promises a thousand million clauses", [1, 0xff, 0xff, 0xff, 0xff, 0x03, 1, 0]],
  ])("is refused %s", (_what, bytes) => {
    expect(judged(() => decodePayload(Uint8Array.from(bytes), wideMeter())).status).toBe("reject");
  });

  it("is the same in every version of the program", () => {
    const vectors = [
      [[1]],
      [
        [1, -2],
        [2, 3],
        [-1, -3],
      ],
      pigeonhole(3),
      tseitin(5, 1),
      randomClauses(1, 20, 80),
    ];
    const digests = vectors.map((clauses) =>
      createHash("sha256").update(canonical(clauses).payload).digest("hex").slice(0, 16),
    );
    expect(digests).toMatchInlineSnapshot(`
      [
        "27ecd0a598e76f8a",
        "798f2370290286e0",
        "ecab0a31dc8f21b0",
        "371542bfaba6ff12",
        "e8b34f5650cc5be4",
      ]
    `);
  });

  it("says how large the formula is", () => {
    expect(dimacs([[1, -2]])).toBe("p cnf 2 1\n1 -2 0\n");
    expect([...canonical([[1, -2]]).payload]).toEqual([2, 1, 2, 1, 3]);
  });
});
