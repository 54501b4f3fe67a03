import { readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Plan } from "../faults/plan.ts";
import { readTape } from "../run/tape.ts";
import type { Tape } from "../run/tape.ts";
import { runPlan } from "../run-seed.ts";
import { mutantCalled, withPlanted } from "./hunt.ts";

/** Shrunk tapes of planted bugs, each told in docs/counter-examples/README.md. */
const here = dirname(fileURLToPath(import.meta.url));
const FOLDER = join(here, "../../../docs/counter-examples");
const PAGE = readFileSync(join(FOLDER, "README.md"), "utf8");
const NAMES = readdirSync(FOLDER).flatMap((file) =>
  file.endsWith(".tape") ? [basename(file, ".tape")] : [],
);

function tapeOf(name: string): Tape {
  const tape = readTape(readFileSync(join(FOLDER, `${name}.tape`), "utf8"));
  if (tape === undefined) throw new Error(`${name}.tape is no tape`);
  return tape;
}

/** What somebody who reads the tape has to keep in mind. */
function sizeOf({ faults, liars, byzantineClients }: Plan): number {
  const lies = liars.flatMap(({ strategies, twin }) => (twin ? ["twin"] : strategies));
  return faults.length + lies.length + byzantineClients.length;
}

describe("counter-examples", () => {
  it("are three at least", () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(3);
  });

  describe.each(NAMES)("%s", (name) => {
    const { plan, violation } = tapeOf(name);

    it("still shows the bug", { timeout: 120_000 }, async () => {
      const outcome = await withPlanted(mutantCalled(name), 1, (pool) => pool.run({ plan }));
      expect(outcome.violation?.checker).toBe(violation?.checker);
    });

    it("shows nothing without it", { timeout: 120_000 }, async () => {
      expect((await runPlan(plan)).violation).toBeUndefined();
    });

    it("is short", () => {
      expect(sizeOf(plan)).toBeLessThanOrEqual(4);
    });

    it("is told on the page, with the line that reproduces it", () => {
      const line = `quorate simulate --mutants ${name} --tape docs/counter-examples/${name}.tape`;
      expect(PAGE).toContain(line);
    });
  });
});
