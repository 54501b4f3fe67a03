import { describe, expect, it } from "vitest";
import { utf8 } from "../../../base/bytes.ts";
import { Meter } from "../../frame/meter.ts";
import { judged } from "../../frame/stop.ts";
import { binaryReader, checkLrat, checkStored, solved } from "../testing/proofs.ts";
import { parsed, pigeonhole, randomClauses, wideMeter } from "../testing/sample-formulas.ts";
import type { Clauses } from "../testing/sample-formulas.ts";
import { LratChecker } from "./lrat-checker.ts";
import { canonicalNumbering } from "./numbering.ts";
import { TextLratReader } from "./text-lrat-reader.ts";

const textReader = (meter: Meter): TextLratReader => new TextLratReader(meter);

/** All of the four clauses over two variables, and one more that no proof needs. */
const SQUARE: Clauses = [
  [1, 2],
  [-1, 2],
  [1, -2],
  [-1, -2],
  [1, 2, 3],
];
const SQUARE_PROOF = "6 2 0 1 2 0\n7 -2 0 3 4 0\n7 d 5 0\n8 0 6 7 0\n";

const verdictOn = (clauses: Clauses, text: string, pieceSize?: number) =>
  checkLrat(clauses, utf8(text), textReader, pieceSize);

describe("LRAT as text is accepted", () => {
  it.each([
    ["a proof by unit propagation", SQUARE, SQUARE_PROOF],
    [
      "with comments and odd spaces",
      SQUARE,
      "c hi\n\n 6  2 0\t1 2 0 7 -2 0\n3 4 0\r\nc\n8 0 6 7 0",
    ],
    ["numbers with gaps", SQUARE, "60 2 0 1 2 0\n700 -2 0 3 4 0\n8000 0 60 700 0\n"],
    ["a hint that is true already", SQUARE, "6 2 0 1 2 0\n7 0 6 6 3 4 0\n"],
    ["a clause twice", [[1], [1], [-1]], "4 0 2 3 0\n"],
    ["duplicate literals in a lemma", SQUARE, "6 2 2 2 0 1 2 0\n7 0 6 3 4 0\n"],
    ["a formula with an empty clause, by nothing", [[1], []], ""],
    ["and by its number", [[1], []], "3 0 2 0\n"],
    [
      "a new variable, by resolution asymmetric tautology",
      SQUARE,
      "6 9 0 0\n7 2 0 1 2 0\n8 0 7 3 4 0\n",
    ],
    [
      "a definition of a new variable, used",
      SQUARE,
      "6 9 1 0 0\n7 -9 -1 2 0 -6 0\n8 2 0 1 2 0\n9 0 8 3 4 0\n",
    ],
    ["deletion of a tautology of the formula", [[1, -1], [2], [-2]], "4 d 1 0\n4 0 2 3 0\n"],
  ])("%s", (_what, clauses, text) => {
    for (const size of [1, 2, 7, 1 << 16]) {
      expect(verdictOn(clauses, text, size).status).toBe("accept");
    }
  });
});

/** Where a text stands, so that a table can say what it means. */
const at = (text: string, part: string): number => text.indexOf(part);

describe("false or malformed LRAT as text is rejected where it goes wrong", () => {
  const rows: readonly (readonly [string, Clauses, string, string, string | number])[] = [
    ["no proof at all", SQUARE, "", "no-empty-clause", 0],
    ["only lemmas", SQUARE, "6 2 0 1 2 0\n", "no-empty-clause", 12],
    ["an empty clause out of nothing", SQUARE, "6 0 0\n", "no-conflict", 0],
    [
      "the unsound shortcut: satisfiable, and it calls itself refuted",
      [[1], [2]],
      "3 0 1 2 0\n",
      "no-conflict",
      0,
    ],
    ["a lemma without hints", SQUARE, "6 2 0 0\n", "no-conflict", 0],
    ["a hint too few", SQUARE, "6 2 0 1 0\n", "no-conflict", 0],
    [
      "hints in an order in which none is unit",
      SQUARE,
      "6 0 1 2 3 4 0\n",
      "hint-not-unit",
      "1 2 3",
    ],
    ["the second hint not unit", SQUARE, "6 2 0 1 5 0\n", "hint-not-unit", 8],
    ["a hint that is nowhere", SQUARE, "6 2 0 9 2 0\n", "hint-unknown", "9"],
    ["a hint at itself", SQUARE, "6 2 0 6 0\n", "hint-unknown", "6 0\n"],
    ["a hint at what comes later", SQUARE, "6 2 0 1 7 0\n7 -2 0 3 4 0\n", "hint-unknown", "7 0\n7"],
    ["a hint at what is deleted", SQUARE, "6 2 0 1 2 0\n6 d 1 0\n7 0 1 0\n", "hint-unknown", 24],
    ["a hint behind the conflict", SQUARE, "6 2 0 1 2 3 0\n", "hint-after-conflict", "3 0"],
    ["a hint of 0 clauses at -1", SQUARE, "6 2 0 -1 0\n", "candidate-without-pivot", "-1"],
    ["a number that was used", SQUARE, "5 2 0 1 2 0\n", "clause-number-not-rising", 0],
    ["a number twice", SQUARE, "6 2 0 1 2 0\n6 -2 0 3 4 0\n", "clause-number-not-rising", 12],
    ["a number that falls", SQUARE, "9 2 0 1 2 0\n7 -2 0 3 4 0\n", "clause-number-not-rising", 12],
    ["number 0", SQUARE, "0 2 0 1 2 0\n", "clause-number-not-positive", 0],
    ["a negative number", SQUARE, "-6 2 0 1 2 0\n", "clause-number-not-positive", 0],
    ["a tautology", SQUARE, "6 3 -3 0 1 0\n", "clause-tautology", 0],
    ["deletion of what never was", SQUARE, "6 d 9 0\n", "deletion-unknown", "9"],
    ["deletion of number 0 by minus", SQUARE, "6 d -1 0\n", "deletion-unknown", "-1"],
    ["deletion twice", SQUARE, "6 d 5 0\n6 d 5 0\n", "deletion-unknown", 12],
    ["deletion twice in one step", SQUARE, "6 d 5 5 0\n", "deletion-unknown", 6],
    [
      "a false step behind the empty clause",
      SQUARE,
      `${SQUARE_PROOF}9 3 0 5 0\n`,
      "hint-unknown",
      SQUARE_PROOF.length + 6,
    ],
    ["a letter", SQUARE, "6 2 x 0\n", "not-a-number", "x"],
    ["a letter within a number", SQUARE, "6 2a 0 1 2 0\n", "not-a-number", "a"],
    ["a step letter of DRAT", SQUARE, "d 1 2 0\n", "not-a-number", 0],
    ["d with something behind it", SQUARE, "6 d5 0\n", "not-a-number", "5"],
    ["a sign alone", SQUARE, "6 2 0 1 - 0\n", "not-a-number", 9],
    ["zeros in front", SQUARE, "6 2 0 01 2 0\n", "number-not-shortest", "01"],
    ["minus zero", SQUARE, "6 2 -0 1 2 0\n", "number-not-shortest", "-0"],
    ["a number of 400 digits", SQUARE, `6 2 0 1 ${"7".repeat(400)} 0\n`, "number-too-large", 8],
    ["a literal of 400 digits", SQUARE, `6 ${"1".repeat(400)} 0 1 0\n`, "number-too-large", 2],
    ["2^31", SQUARE, "6 2 0 2147483648 0\n", "number-too-large", 6],
    ["a clause number of 2^31", SQUARE, "2147483648 2 0 1 2 0\n", "number-too-large", 0],
    ["RAT with a candidate left out", SQUARE, "6 2 0 1 -3 0\n", "candidate-missing", 0],
    [
      "RAT that is none",
      [
        [1, 2],
        [-1, 3],
      ],
      "3 1 0 -2 0\n",
      "no-conflict",
      "-2",
    ],
    [
      "RAT whose candidates are not all named",
      [
        [-1, 3],
        [-1, 4],
      ],
      "3 1 -3 0 -1 0\n",
      "candidate-missing",
      0,
    ],
    [
      "RAT with a candidate without the pivot",
      [[-1, 3], [2]],
      "3 1 -3 0 -2 0\n",
      "candidate-without-pivot",
      "-2",
    ],
    ["RAT with a candidate that is not there", [[-1, 3]], "2 1 -3 0 -9 0\n", "hint-unknown", "-9"],
    [
      "RAT on another literal than the first",
      [[-1, 3]],
      "2 5 1 0 0\n3 -5 -3 0 0\n",
      "no-conflict",
      10,
    ],
    [
      "hints of a resolvent behind its conflict",
      [
        [-1, 3],
        [2, 3],
      ],
      "3 1 -3 0 -1 2 0\n",
      "hint-after-conflict",
      "2 0\n",
    ],
  ];

  it.each(rows)("%s", (_what, clauses, text, reason, where) => {
    const offset = typeof where === "number" ? where : at(text, where);
    const expected = { status: "reject", reason, offset };
    expect(verdictOn(clauses, text)).toMatchObject(expected);
    expect(verdictOn(clauses, text, 3)).toMatchObject(expected);
  });

  it("RAT with one candidate twice", () => {
    const text = "3 1 -3 0 -1 -1 -2 0\n";
    const verdict = verdictOn(
      [
        [-1, 3],
        [-1, 3, 4],
      ],
      text,
    );
    expect(verdict).toMatchObject({ status: "reject", offset: at(text, "-1 -2") });
  });
});

describe("each cut of a proof", () => {
  it("as text ends in reject", () => {
    for (let size = 0; size < SQUARE_PROOF.length - 2; size++) {
      expect(verdictOn(SQUARE, SQUARE_PROOF.slice(0, size))).toMatchObject({ status: "reject" });
    }
  });

  it("as stored ends in reject at its end, or where a step is missing", () => {
    const { canonical, proof } = solved(pigeonhole(4));
    expect(checkStored(canonical.payload, proof).status).toBe("accept");
    for (let size = 0; size < proof.length; size++) {
      const verdict = checkStored(canonical.payload, proof.subarray(0, size));
      expect(verdict).toMatchObject({ status: "reject", offset: size });
    }
  });
});

describe("a stored refutation with one step changed", () => {
  const { canonical, proof } = solved(randomClauses(5, 60, 290));
  const steps = stepsOf(proof);
  const check = (bytes: Uint8Array) => checkStored(canonical.payload, bytes);

  it("is right before", () => {
    expect(check(proof).status).toBe("accept");
    expect(steps.length).toBeGreaterThan(60);
  });

  it("is rejected at the step that lost its last hint", () => {
    for (const step of steps.filter(({ hintsAt, end }) => end - hintsAt > 1)) {
      const last = step.hintStarts.at(-1)!;
      const changed = without(proof, last, step.end - 1);
      // What is left may by chance still conflict; it does not here.
      expect(check(changed)).toMatchObject({
        status: "reject",
        reason: "no-conflict",
        offset: step.start,
      });
    }
  });

  it("is rejected where a hint names a clause that is not there", () => {
    for (const step of steps) {
      for (const hint of step.hintStarts.slice(0, 3)) {
        const end = hint + lengthOfVarint(proof, hint);
        const changed = spliced(proof, hint, end, [0xfe, 0xff, 0xff, 0x7f]);
        expect(check(changed)).toMatchObject({ reason: "hint-unknown", offset: hint });
      }
    }
  });

  it("is rejected where a step's letter is no letter", () => {
    for (const { start } of steps) {
      const changed = proof.with(start, 0x62);
      expect(check(changed)).toMatchObject({ reason: "step-unknown", offset: start });
    }
  });

  it("is rejected where a number does not end or is not in its shortest form", () => {
    const { hintStarts } = steps[3]!;
    const hint = hintStarts[0]!;
    const end = hint + lengthOfVarint(proof, hint);
    for (const [bytes, reason] of [
      [[0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "number-too-large"],
      [[0xff, 0xff, 0xff, 0xff, 0x7f], "number-too-large"],
      [[0x82, 0x00], "number-not-shortest"],
      [[0x82, 0x80, 0x00], "number-not-shortest"],
      [[0x01], "number-not-shortest"],
    ] as const) {
      expect(check(spliced(proof, hint, end, bytes))).toMatchObject({ reason, offset: hint });
    }
  });

  it("never passes for another formula", () => {
    const other = solved(randomClauses(6, 30, 110));
    expect(other.verdict).toBe("sat");
    expect(checkStored(other.canonical.payload, proof).status).toBe("reject");
  });
});

describe("hostile proofs stay within their budget", () => {
  const budget = { stepsMax: 1e6, bytesMax: 1e6, liveBytesMax: 1 << 20 };
  function run(text: string, literals: Clauses = SQUARE) {
    const meter = new Meter(budget);
    const verdict = judged(() => {
      const { formula } = parsed(literals);
      const checker = new LratChecker({
        ...{ meter, reader: textReader(meter), numbering: canonicalNumbering },
        ...{ formulaBytes: formula.byteCount, literalCount: 0, clauseCount: 0 },
      });
      checker.addOriginals(formula);
      checker.push(utf8(text));
      checker.finish();
    });
    expect(meter.cost().liveBytesPeak).toBeLessThanOrEqual(budget.liveBytesMax);
    return verdict;
  }

  it.each([
    ["a variable of 2^31-1", "6 2147483647 0 0\n", "memory"],
    ["a clause number of 2^31-1", "2147483647 2 0 1 2 0\n", "memory"],
    [
      "clause numbers far apart",
      Array.from({ length: 200 }, (_, step) => `${(step + 1) * 10_000} 2 0 1 2 0\n`).join(""),
      "memory",
    ],
  ])("%s", (_what, text, reason) => {
    expect(run(text)).toMatchObject({ status: "resource", reason });
  });

  it("a short step that asks for long work", () => {
    const wide = Array.from({ length: 3000 }, (_, at) => at + 1);
    const clauses = [wide, ...wide.map((name) => [-name])];
    const hints = wide.map((name) => name + 1).join(" ");
    const step = `3002 3001 0 ${hints} ${"1 ".repeat(1)}0\n`;
    const twice = Array.from({ length: 400 }, (_, at) => step.replace("3002", String(3002 + at)));
    expect(run(twice.join(""), clauses).status).toBe("resource");
  });
});

interface Step {
  readonly start: number;
  readonly hintsAt: number;
  readonly hintStarts: readonly number[];
  readonly end: number;
}

/** The additions of a stored refutation. */
function stepsOf(proof: Uint8Array): readonly Step[] {
  const found: Step[] = [];
  for (let start = 1; start < proof.length;) {
    let next = start + 1;
    const isAdd = proof[start] === 0x61;
    if (isAdd) {
      next += lengthOfVarint(proof, next);
      while (proof[next] !== 0) next += lengthOfVarint(proof, next);
      next++;
    }
    const hintsAt = next;
    const hintStarts: number[] = [];
    while (proof[next] !== 0) {
      hintStarts.push(next);
      next += lengthOfVarint(proof, next);
    }
    if (isAdd) found.push({ start, hintsAt, hintStarts, end: next + 1 });
    start = next + 1;
  }
  return found;
}

function lengthOfVarint(bytes: Uint8Array, start: number): number {
  let length = 1;
  while (bytes[start + length - 1]! >= 0x80) length++;
  return length;
}

function spliced(
  bytes: Uint8Array,
  from: number,
  to: number,
  middle: readonly number[],
): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, from), ...middle, ...bytes.subarray(to)]);
}

function without(bytes: Uint8Array, from: number, to: number): Uint8Array {
  return spliced(bytes, from, to, []);
}

describe("the checker's readers agree", () => {
  it("on text and binary", () => {
    const bytes = Uint8Array.from([
      ...[0x61, 12, 4, 0, 2, 4, 0, 0x61, 14, 5, 0, 6, 8, 0],
      ...[0x64, 10, 0, 0x61, 16, 0, 12, 14, 0],
    ]);
    for (const size of [1, 5, 100]) {
      expect(checkLrat(SQUARE, bytes, binaryReader, size).status).toBe("accept");
    }
    expect(wideMeter().stepsLeft).toBeGreaterThan(0);
  });
});
