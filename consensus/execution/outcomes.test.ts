import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { outcomeCodes, outcomeText } from "./outcomes.ts";

const document = readFileSync(new URL("../../docs/outcomes.md", import.meta.url), "utf8");
const listed = document
  .split("## Receipts")[0]!
  .split("\n")
  .map((line) => /^\| ([A-Z_]+) \|/.exec(line)?.[1])
  .filter((name) => name !== undefined);

describe("outcomes", () => {
  it("have one name each, and docs/outcomes.md lists exactly these", () => {
    const names = outcomeCodes().map((code) => outcomeText(code).name);
    expect(new Set(names).size).toBe(names.length);
    expect([...listed].sort()).toEqual([...names].sort());
  });

  it("of a newer version are named as unknown", () => {
    expect(outcomeText(255).name).toBe("UNKNOWN_OUTCOME");
  });
});
