import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { MUTANTS } from "./mutants.ts";
import { mutate } from "./plant.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");

describe("the planted bugs", () => {
  it("are at least forty, six of each kind, with names of their own", () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(40);
    const kinds = new Map<string, number>();
    for (const { kind } of MUTANTS) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    expect([...kinds.keys()].sort()).toEqual([
      "agreement",
      "checkpoint and transfer",
      "client and receipt",
      "durability",
      "time",
      "view change",
    ]);
    expect(Math.min(...kinds.values())).toBeGreaterThanOrEqual(6);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    "%s has its place in the source, once",
    (_name, mutant) => {
      const text = readFileSync(join(root, mutant.file), "utf8");
      const changed = mutate(text, mutant);
      expect(changed).toBeDefined();
      expect(changed).not.toBe(text);
    },
  );

  it("whose place is gone or doubled is not planted", () => {
    const mutant = {
      name: "m",
      kind: "time",
      file: "f",
      find: "if (a) b();",
      replace: "",
    } as const;
    expect(mutate("if (a)\n    b();", mutant)).toBe("");
    expect(mutate("nothing", mutant)).toBeUndefined();
    expect(mutate("if (a) b(); if (a) b();", mutant)).toBeUndefined();
  });
});
