import { describe, expect, it } from "vitest";
import { utf8 } from "../../../base/bytes.ts";
import { Meter } from "../../frame/meter.ts";
import { judged } from "../../frame/stop.ts";
import { signedOfLiteral } from "../formula.ts";
import { wideMeter } from "../testing/sample-formulas.ts";
import { parseDimacs } from "./parse-dimacs.ts";

function read(text: string, meter = wideMeter()) {
  return judged(() => {
    const { formula } = parseDimacs(utf8(text), meter);
    const { starts, literals, names } = formula;
    return Array.from({ length: starts.length - 1 }, (_, clause) =>
      [...literals.subarray(starts[clause], starts[clause + 1])].map(
        (literal) => Math.sign(signedOfLiteral(literal)) * names[literal >>> 1]!,
      ),
    );
  });
}

describe("DIMACS", () => {
  it.each([
    ["as everybody writes it", "p cnf 3 2\n1 -2 0\n3 0\n", [[1, -2], [3]]],
    ["with comments between", "c hi\n\np cnf 2 1\nc p cnf 9 9\n 1\nc\n-2 0\nc end", [[1, -2]]],
    ["with clauses over lines", "p cnf 2 2\n1\n2 0 -1\r\n\t0", [[1, 2], [-1]]],
    ["with an empty clause", "p cnf 0 1\n0\n", [[]]],
    ["without clauses", "p cnf 7 0\n", []],
    ["with SATLIB's trailer", "p cnf 1 1\n1 0\n%\n0\n\n", [[1]]],
    ["with duplicates and tautologies", "p cnf 2 1\n1 1 -1 0\n", [[1, 1, -1]]],
    ["with the largest variable", "p cnf 2147483647 1\n2147483647 -5 0\n", [[2147483647, -5]]],
  ])("is read %s", (_what, text, clauses) => {
    expect(read(text)).toEqual({ status: "accept", value: clauses });
  });

  it.each([
    ["nothing", "", "header-missing", 0],
    ["no header", "1 2 0\n", "header-missing", 0],
    ["a header cut off", "p cnf 3", "header-malformed", 7],
    ["a header that runs on", "p cnf 1 1 1\n1 0\n", "header-malformed", 10],
    ["a header with a sign", "p cnf -1 1\n", "not-a-number", 6],
    ["fewer clauses than announced", "p cnf 1 2\n1 0\n", "header-counts", 14],
    ["more clauses than announced", "p cnf 1 1\n1 0\n-1 0\n", "header-counts", 14],
    ["four thousand million clauses", "p cnf 1 4294967295\n1 0\n", "number-too-large", 8],
    ["two thousand million clauses", "p cnf 1 2147483647\n1 0\n", "header-counts", 23],
    ["a variable beyond the header", "p cnf 1 1\n2 0\n", "header-counts", 10],
    ["a variable of 2^31", "p cnf 1 1\n2147483648 0\n", "number-too-large", 10],
    ["a number of 400 digits", `p cnf 1 1\n${"9".repeat(400)} 0\n`, "number-too-large", 10],
    ["400 zeros in front", `p cnf 1 1\n${"0".repeat(400)}1 0\n`, "number-not-shortest", 10],
    ["minus zero", "p cnf 1 1\n1 -0\n", "number-not-shortest", 12],
    ["a sign alone", "p cnf 1 1\n1 - 0\n", "not-a-number", 13],
    ["a letter", "p cnf 1 1\n1 x 0\n", "not-a-number", 12],
    ["a letter behind a number", "p cnf 1 1\n1x 0\n", "not-a-number", 11],
    ["a clause without its end", "p cnf 2 1\n1 2\n", "clause-unfinished", 14],
    ["a comment within a line", "p cnf 1 1\n1 c 0\n", "not-a-number", 12],
    ["something behind the trailer", "p cnf 1 1\n1 0\n%\n0\n1 0\n", "behind-trailer", 18],
  ])("is rejected where it ends to be one: %s", (_what, text, reason, offset) => {
    expect(read(text)).toMatchObject({ status: "reject", reason, offset });
  });

  it("declines weighted and other formulas", () => {
    expect(read("p wcnf 1 1 5\n5 1 0\n")).toMatchObject({ status: "decline", offset: 2 });
  });

  it("allocates by what is there, not by what is promised or named", () => {
    const meter = new Meter({ stepsMax: 1e4, bytesMax: 100, liveBytesMax: 40_000 });
    const text = "p cnf 2147483647 1\n-2147483647 2147483646 0\n";
    expect(read(text, meter).status).toBe("accept");
  });

  it("stops at its budget of bytes", () => {
    const meter = new Meter({ stepsMax: 1e4, bytesMax: 10, liveBytesMax: 1e6 });
    expect(read("p cnf 1 1\n1 0\n", meter)).toMatchObject({ status: "resource", reason: "bytes" });
  });
});
