import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { CATALOGUE } from "../experiments/catalogue.ts";
import { mutate } from "../simulation/mutants/plant.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

function textOf(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

describe("the exam's planted bugs", () => {
  it("have names of their own", () => {
    expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
  });

  describe.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))("%s", (_name, bug) => {
    it("has its place in the source, once, and changes it", () => {
      const text = textOf(bug.file);
      const changed = mutate(text, bug);
      expect(changed).toBeDefined();
      expect(changed).not.toBe(text);
    });

    it("names an experiment that there is, and a verdict that is given", () => {
      expect(CATALOGUE.map(({ name }) => name)).toContain(bug.experiment);
      expect(textOf("chaos/experiments/judge.ts")).toContain(`"${bug.verdict}"`);
    });
  });
});
