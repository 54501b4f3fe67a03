import { describe, expect, it } from "vitest";
import { huntOne } from "./hunt.ts";
import { MUTANTS } from "./mutants.ts";

/**
 * Planted bugs, and who sees each: those that a few seeds find. All of them are looked for by
 * `quorate simulate --mutants`.
 */
const QUICK: readonly (readonly [mutant: string, checker: string])[] = [
  ["epoch-not-signed", "certificates"],
  ["counter-executed-again", "validity and exactly-once"],
  ["votes-before-the-new-view", "promised before sent"],
  ["sent-before-the-flush", "promised before sent"],
  ["statement-before-the-commit", "promised before sent"],
];
const SEED_COUNT_MAX = 6;

describe("a planted bug is found", () => {
  it.each(QUICK)("%s by: %s", { timeout: 300_000 }, async (name, checker) => {
    const mutant = MUTANTS.find((one) => one.name === name);
    if (mutant === undefined) throw new Error(`no mutant ${name}`);
    const found = await huntOne(mutant, { jobs: 1, from: 1, seedCountMax: SEED_COUNT_MAX });
    expect(found.checker).toBe(checker);
  });
});
