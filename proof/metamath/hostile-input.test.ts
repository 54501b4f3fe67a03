import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import type { Budget } from "../frame/budget.ts";
import { METAMATH_1, readDatabase } from "./database.ts";
import { DATABASE_BUDGET, PROOF_BUDGET, metamath1 } from "./metamath-1.ts";
import { LOGIC, PROOFS, readSound, readText } from "./testing/small-database.ts";
import { Stored } from "./testing/stored.ts";

/**
 * Each save doubles the formula: p, ( p -> p ), … A few hundred bytes ask for 2^count symbols.
 * `wi` takes the remembered formula twice.
 */
function doubling(count: number, tail = ""): string {
  let letters = "A";
  // A is wp; B is wi; then C, D, E … are what was saved.
  letters += "AB";
  for (let index = 0; index < count; index++) letters += `Z${letter(2 + index)}B`;
  return `${LOGIC} big $p wff p $= ( wi ) ${letters}${tail} $.`;
}

/** The number in a compressed proof's letters. */
function letter(number: number): string {
  let rest = Math.floor(number / 20);
  let text = String.fromCharCode(65 + (number % 20));
  while (rest > 0) {
    text = String.fromCharCode(85 + ((rest - 1) % 5)) + text;
    rest = Math.floor((rest - 1) / 5);
  }
  return text;
}

const smallBudget = (change: Partial<Budget>): Budget => ({ ...DATABASE_BUDGET, ...change });

describe("a budget ends what would not end", () => {
  it("a formula of 2^400 symbols in a proof of 2 KiB", () => {
    const text = doubling(400);
    expect(text.length).toBeLessThan(2500);
    const { refused, label } = readText(text);
    expect(label).toBe("big");
    expect(refused).toMatchObject({ status: "resource", reason: "memory", detail: "expression" });
  });

  it("many formulas, each below the bound", () => {
    const last = letter(2 + 15);
    const { refused } = readText(doubling(16, last.repeat(400)));
    expect(refused).toMatchObject({ status: "reject", reason: "stack-left" });
    expect(readText(doubling(16, `${last.repeat(2)}B`.repeat(200))).refused).toMatchObject({
      status: "resource",
      reason: "memory",
      detail: "symbols of one proof",
    });
  });

  it("the same in a stored proof, for every replica at the same step", () => {
    const stored = new Stored(readSound(LOGIC + PROOFS));
    const proof = stored.proofOf("twice");
    const payload = stored.payloadOf("twice");
    const full = stored.check(payload, proof);
    if (full.status !== "accept") throw new Error(full.reason);
    const { steps, bytes, liveBytesPeak } = full.value.cost;
    const bounds = { stepsMax: steps, bytesMax: bytes, liveBytesMax: liveBytesPeak };
    expect(stored.check(payload, proof, bounds).status).toBe("accept");
    for (const [name, reason] of [
      ["stepsMax", "steps"],
      ["bytesMax", "bytes"],
      ["liveBytesMax", "memory"],
    ] as const) {
      const less = { ...bounds, [name]: bounds[name] - 1 };
      const first = stored.check(payload, proof, less);
      expect(first).toMatchObject({ status: "resource", reason });
      expect(stored.check(payload, proof, less)).toEqual(first);
    }
  });

  it("a text, its steps and its memory", () => {
    const text = LOGIC + PROOFS;
    expect(readText(text, smallBudget({ bytesMax: 100 })).refused).toMatchObject({
      status: "resource",
      reason: "bytes",
    });
    expect(readText(text, smallBudget({ stepsMax: 10 })).refused).toMatchObject({
      reason: "steps",
    });
    expect(readText(text, smallBudget({ liveBytesMax: 5000 })).refused).toMatchObject({
      reason: "memory",
    });
  });

  it("pairs of distinct variables, whose number is the square of what is written", () => {
    const names = Array.from({ length: 12_000 }, (_, index) => `v${index}`).join(" ");
    const { refused } = readText(`$v ${names} $. $d ${names} $.`);
    expect(refused).toMatchObject({ status: "resource" });
  });

  it("deep scopes, which need no stack of ours", () => {
    const depth = 100_000;
    expect(readText("${ ".repeat(depth) + "$} ".repeat(depth)).refused).toBeUndefined();
    expect(readText("${ ".repeat(depth)).refused).toMatchObject({ reason: "scope-unclosed" });
  });

  it("hypotheses that a search would have to tell apart", () => {
    const count = 16;
    const variables = Array.from({ length: count }, (_, index) => `x${index}`);
    const types = variables.map((name) => `t${name} $f wff ${name} $.`).join(" ");
    // A graph in which every variable has the same degree, and nothing is symmetric by a swap.
    const edges = variables.flatMap((name, index) =>
      [1, 7].map((step) => `h${index}x${step} $e ( ${name} -> x${(index * 3 + step) % count} $.`),
    );
    const text = `$c wff ( -> $. $v ${variables.join(" ")} $. ${types} ${edges.join(" ")} t $a ( $.`;
    expect(["resource", undefined]).toContain(readText(text).refused?.status);
  });
});

describe("nothing crashes", () => {
  const text = utf8(LOGIC + PROOFS);

  it("cut anywhere", () => {
    for (let size = 0; size < text.length; size++) {
      const { refused } = readText(text.slice(0, size));
      if (refused !== undefined) expect(refused.offset).toBeLessThanOrEqual(size);
    }
  });

  it("with any byte changed, and is only accepted when every proof still holds", () => {
    const bytes = fc.nat(text.length - 1);
    fc.assert(
      fc.property(bytes, fc.nat(255), (at, value) => {
        const other = text.slice();
        other[at] = value;
        const { refused } = readText(other);
        if (refused !== undefined) expect(refused.reason).not.toBe("");
      }),
      { numRuns: 1500 },
    );
  });

  it("and a search without a label is a rejection like any other", () => {
    expect(metamath1.parse(text, PROOF_BUDGET)).toMatchObject({ reason: "label-unknown" });
    expect(readDatabase(text, DATABASE_BUDGET, { onRefused: () => undefined }).result.status).toBe(
      "accept",
    );
    expect(metamath1.id).toBe(METAMATH_1);
  });
});
