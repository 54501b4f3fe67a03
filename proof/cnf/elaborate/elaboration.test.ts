import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, utf8 } from "../../../base/bytes.ts";
import { judged } from "../../frame/stop.ts";
import { canonicalCnf } from "../canonical/canonical-cnf.ts";
import type { Meter } from "../../frame/meter.ts";
import { TextLratReader } from "../lrat/text-lrat-reader.ts";
import { REFUTATION } from "../proof-bytes.ts";
import { checkStored, elaborated, solved } from "../testing/proofs.ts";
import {
  isSatisfiableByTrial,
  parsed,
  pigeonhole,
  randomClauses,
  tseitin,
  wideMeter,
} from "../testing/sample-formulas.ts";
import type { Clauses } from "../testing/sample-formulas.ts";
import { BinaryClausalReader } from "./binary-clausal-reader.ts";
import { LratTranslation } from "./lrat-translation.ts";
import { TextClausalReader } from "./text-clausal-reader.ts";

const readers = {
  drat: (meter: Meter) => new TextClausalReader("drat", meter),
  frat: (meter: Meter) => new TextClausalReader("frat", meter),
  binaryDrat: (meter: Meter) => new BinaryClausalReader("drat", meter),
  binaryFrat: (meter: Meter) => new BinaryClausalReader("frat", meter),
};

/** Elaborates, then lets the checker judge the result. */
function verdictOn(
  clauses: Clauses,
  proof: string | Uint8Array,
  reader: keyof typeof readers = "drat",
) {
  const bytes = typeof proof === "string" ? utf8(proof) : proof;
  const result = elaborated(clauses, bytes, readers[reader]);
  if (result.status !== "accept") return result;
  const { canonical, stored } = result.value;
  expect(checkStored(canonical.payload, stored)).toMatchObject({ status: "accept" });
  return { status: "accept" as const, stored };
}

const SQUARE: Clauses = [
  [1, 2],
  [-1, 2],
  [1, -2],
  [-1, -2],
];

describe("a clausal proof becomes LRAT that the checker accepts", () => {
  it.each([
    ["by unit propagation", SQUARE, "2 0\n0\n"],
    ["without saying the empty clause", SQUARE, "2 0\n"],
    ["of a formula that propagation refutes", [[1], [-1, 2], [-2]], ""],
    ["with deletions", SQUARE, "2 0\nd 1 2 0\nd 2 -1 0\n-2 0\n0\n"],
    ["with deletion of a unit that is needed", SQUARE, "2 0\nd 2 0\n0\n"],
    ["with deletion of what is not there", SQUARE, "d 7 8 0\n2 0\n0\n"],
    ["with a lemma twice and deleted once", SQUARE, "2 1 0\n2 1 0\nd 1 2 0\n2 0\n0\n"],
    [
      "with tautologies and duplicate literals",
      [...SQUARE, [3, -3]],
      "5 -5 0\n2 2 0\nd 3 -3 0\n0\n",
    ],
    ["with lemmas that nobody needs", SQUARE, "1 2 7 0\n2 5 0\n2 0\n0\n9 0\n"],
    ["with an unused clause of the formula deleted", [...SQUARE, [3, 4]], "d 3 4 0\n2 0\n"],
    [
      "with an original that is there twice, deleted once",
      [[1, 2], ...SQUARE],
      "d 1 2 0\n2 0\n0\n",
    ],
  ])("%s", (_what, clauses, proof) => {
    expect(verdictOn(clauses, proof).status).toBe("accept");
  });

  it.each([
    ["a new variable that nothing mentions", SQUARE, "9 1 0\n2 0\n0\n"],
    ["a definition: 9 is (1 and 2)", SQUARE, "9 -1 -2 0\n-9 1 0\n-9 2 0\n2 0\n0\n"],
    [
      "a lemma that needs its resolvents",
      [
        [1, 2, 3],
        [-1, 2],
        [-1, 3],
        [-2, -3],
        [2, -3],
        [-2, 3],
      ],
      "1 2 0\n2 0\n0\n",
    ],
  ])("by resolution asymmetric tautologies: %s", (_what, clauses, proof) => {
    expect(verdictOn(clauses, proof).status).toBe("accept");
  });

  it("of pigeons, by Cook's definitions: many steps that only RAT allows", () => {
    const { clauses, proof } = cookPigeons(5);
    expect(verdictOn(clauses, proof)).toMatchObject({ status: "accept" });
  });

  it("in FRAT, with originals, hints and final clauses", () => {
    const originals = SQUARE.map((clause, at) => `o ${at + 1} ${clause.join(" ")} 0\n`).join("");
    const proof = `${originals}a 5 2 0 l 1 2 0\na 6 0\nf 1 1 2 0\nf 6 0\n`;
    expect(verdictOn(SQUARE, proof, "frat").status).toBe("accept");
  });

  it("in binary", () => {
    const drat = Uint8Array.of(0x61, 4, 0, 0x64, 4, 2, 0, 0x61, 0);
    expect(verdictOn(SQUARE, drat, "binaryDrat").status).toBe("accept");
    const frat = Uint8Array.of(0x6f, 1, 2, 4, 0, 0x61, 5, 4, 0, 0x6c, 2, 4, 0, 0x61, 6, 0);
    expect(verdictOn(SQUARE, frat, "binaryFrat").status).toBe("accept");
  });
});

describe("a false clausal proof is rejected", () => {
  it.each([
    ["no refutation at all", SQUARE, "", "no-refutation", 0],
    [
      "it ends too early",
      [
        [1, 2],
        [-1, 2],
      ],
      "2 0\n",
      "no-refutation",
      0,
    ],
    ["an empty clause out of nothing", SQUARE, "0\n", "lemma-not-implied", 0],
    [
      "a lemma that does not follow",
      [
        [1, 2, 3],
        [-1, 2],
      ],
      "1 2 0\n-2 0\n0\n",
      "lemma-not-implied",
      6,
    ],
    ["a clause deleted that was needed", SQUARE, "d 1 2 0\n2 0\n0\n", "lemma-not-implied", 8],
    ["a letter", SQUARE, "2 x 0\n", "not-a-number", 2],
    ["an unknown step", SQUARE, "e 2 0\n", "step-unknown", 0],
    ["cut short", SQUARE, "2 0\n-2", "cut-short", 6],
  ])("%s", (_what, clauses, proof, reason, offset) => {
    expect(verdictOn(clauses, proof)).toMatchObject({ status: "reject", reason, offset });
  });

  it("whatever it says, when the formula is satisfiable", () => {
    const literal = fc.integer({ min: 1, max: 5 }).chain((name) => fc.constantFrom(name, -name));
    const clauses = fc.array(fc.array(literal, { minLength: 1, maxLength: 3 }), { maxLength: 16 });
    const lines = fc.array(fc.tuple(fc.boolean(), fc.array(literal, { maxLength: 3 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(clauses, lines, (formula, steps) => {
        const proof = steps
          .map(([isDeletion, clause]) => `${isDeletion ? "d " : ""}${[...clause, 0].join(" ")}\n`)
          .join("");
        const verdict = verdictOn(formula, `${proof}0\n`);
        if (isSatisfiableByTrial(formula)) expect(verdict.status).toBe("reject");
      }),
      { numRuns: 500 },
    );
  });
});

describe("an elaborated proof", () => {
  it("leaves out what is not needed", () => {
    const noise = Array.from({ length: 50 }, (_, at) => `2 ${at + 3} 0\n`).join("");
    const plain = verdictOn(SQUARE, "2 0\n0\n");
    const noisy = verdictOn(SQUARE, `${noise}2 0\n0\n`);
    expect(noisy).toMatchObject({ stored: (plain as { stored: Uint8Array }).stored });
  });

  it.each([
    ["pigeons", pigeonhole(5)],
    ["a parity", tseitin(9, 1)],
    ["random clauses", randomClauses(2, 100, 520)],
  ])("of our solver's lemmas alone has all hints again: %s", (_what, clauses) => {
    const { canonical, proof } = solved(clauses);
    const drat = lemmasOf(proof.subarray(1));
    const text = canonicalText(canonical.clauses);
    expect(verdictOn(text, drat, "binaryDrat").status).toBe("accept");
  });
});

describe("LRAT about a text becomes LRAT about its canonical form", () => {
  function translated(clauses: Clauses, text: string) {
    return judged(() => {
      const meter = wideMeter();
      const { formula, variables } = parsed(clauses);
      const canonical = canonicalCnf(formula, meter);
      const chunks: Uint8Array[] = [Uint8Array.of(REFUTATION)];
      const sink = (chunk: Uint8Array): void => void chunks.push(chunk);
      const input = { canonical, variables, meter };
      const translation = new LratTranslation(formula, input, new TextLratReader(meter), sink);
      translation.push(utf8(text));
      translation.finish();
      return checkStored(canonical.payload, concatBytes(...chunks));
    });
  }

  it.each([
    ["plainly", SQUARE, "5 2 0 1 2 0\n5 d 1 2 0\n6 0 5 3 4 0\n"],
    [
      "with duplicates of clauses, one of them deleted",
      [[2, 1], ...SQUARE],
      "6 d 2 0\n7 2 0 1 3 0\n8 d 1 0\n9 0 7 4 5 0\n",
    ],
    [
      "with tautologies and duplicate literals",
      [[5, -5], [1, 1, 2], ...SQUARE.slice(1)],
      "6 d 1 0\n7 2 2 0 2 3 0\n9 0 7 4 5 0\n",
    ],
    ["with new variables", SQUARE, "5 9 -1 0 0\n6 -9 1 2 0 -5 0\n7 2 0 1 2 0\n8 0 7 3 4 0\n"],
    [
      "with candidates that are copies",
      [[-1, 3], [-1, 3], ...[[2], [-2]]],
      "5 1 -3 0 -1 -2 0\n6 0 3 4 0\n",
    ],
  ])("%s", (_what, clauses, text) => {
    expect(translated(clauses, text)).toMatchObject({
      status: "accept",
      value: { status: "accept" },
    });
  });

  it("and what is rejected names its place in the text", () => {
    expect(translated(SQUARE, "5 2 0 1 2 0\n6 0 5 3 0\n")).toMatchObject({
      status: "reject",
      reason: "no-conflict",
      offset: 12,
    });
  });
});

/** The lemmas of binary LRAT, as binary DRAT. */
function lemmasOf(lrat: Uint8Array): Uint8Array {
  const drat: number[] = [];
  const lengthAt = (at: number): number => {
    let length = 1;
    while (lrat[at + length - 1]! >= 0x80) length++;
    return length;
  };
  for (let at = 0; at < lrat.length;) {
    const isAdd = lrat[at++] === 0x61;
    if (isAdd) {
      at += lengthAt(at);
      const from = at;
      while (lrat[at] !== 0) at += lengthAt(at);
      drat.push(0x61, ...lrat.subarray(from, ++at));
    }
    while (lrat[at] !== 0) at += lengthAt(at);
    at++;
  }
  return Uint8Array.from(drat);
}

function canonicalText({
  literals,
  starts,
}: {
  literals: Int32Array;
  starts: Int32Array;
}): Clauses {
  return Array.from({ length: starts.length - 1 }, (_, clause) =>
    [...literals.subarray(starts[clause], starts[clause + 1])].map((literal) =>
      literal % 2 === 0 ? literal / 2 + 1 : -(literal + 1) / 2,
    ),
  );
}

/**
 * Cook's short proof for pigeons (1976): from n+1 pigeons in n holes to n in n−1, by definitions
 * q(i,j) = p(i,j) or (p(i,n) and p(n+1,j)).
 */
function cookPigeons(holes: number): { readonly clauses: Clauses; readonly proof: string } {
  const clauses = pigeonhole(holes);
  const lines: string[] = [];
  const say = (...literals: number[]): void => void lines.push([...literals, 0].join(" "));
  let next = (holes + 1) * holes + 1;
  let p: number[][] = Array.from({ length: holes + 1 }, (_, pigeon) =>
    Array.from({ length: holes }, (_, hole) => pigeon * holes + hole + 1),
  );
  for (let n = holes; n > 1; n--) {
    const last = p[n]!;
    const q = p.slice(0, n).map((row) => row.slice(0, n - 1).map(() => next++));
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n - 1; j++) {
        const [own, ownLast, lastOwn] = [p[i]![j]!, p[i]![n - 1]!, last[j]!];
        say(q[i]![j]!, -own);
        say(q[i]![j]!, -ownLast, -lastOwn);
        say(-q[i]![j]!, own, ownLast);
        say(-q[i]![j]!, own, lastOwn);
      }
    }
    for (let i = 0; i < n; i++) say(...q[i]!, p[i]![n - 1]!);
    for (let i = 0; i < n; i++) say(...q[i]!);
    for (let j = 0; j < n - 1; j++) {
      for (let one = 0; one < n; one++) {
        for (let other = one + 1; other < n; other++) {
          say(-q[one]![j]!, -q[other]![j]!, p[one]![j]!);
          say(-q[one]![j]!, -q[other]![j]!);
        }
      }
    }
    p = q;
  }
  return { clauses, proof: `${lines.join("\n")}\n0\n` };
}
