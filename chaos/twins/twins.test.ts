import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { builtModule, notBuilt } from "../../node/testing/built-module.ts";
import { mutantCalled } from "../simulation/mutants/hunt.ts";
import { plant } from "../simulation/mutants/plant.ts";
import { HEALING_ROUNDS_MAX, ScenarioRunner } from "./run-scenario.ts";
import { runStretch } from "./run-stretch.ts";
import { ScenarioSpace } from "./scenario-space.ts";
import { TwinsPool } from "./twins-pool.ts";
import { addTally, emptyTally } from "./twins-tally.ts";

const STRETCHES = 10;
const STRETCH_COUNT = 1000;

describe("members that run twice", () => {
  it.skipIf(notBuilt !== "")(
    `bring no correct member to differ, in ten thousand scenarios${notBuilt}`,
    { timeout: 600_000 },
    async () => {
      const pool = new TwinsPool(2, builtModule("chaos/twins/twins-pool.ts"));
      const tally = emptyTally();
      let next = 0;
      const work = async (): Promise<void> => {
        while (next < STRETCHES) {
          const from = 1 + STRETCH_COUNT * next++;
          const stretch = { memberCount: 4, from, count: STRETCH_COUNT, untilFailure: false };
          addTally(tally, (await pool.run(stretch)).tally);
        }
      };
      await Promise.all([work(), work()]);
      await pool.close();
      expect(tally.failures).toEqual([]);
      expect(tally.count).toBe(STRETCHES * STRETCH_COUNT);
      // Else the scenarios would be too tame to show anything.
      expect(tally.marks["new view"]).toBeGreaterThan(5000);
      expect(tally.marks["evidence"]).toBeGreaterThan(1000);
      expect(tally.marks["checkpoint"]).toBeGreaterThan(100);
      expect(tally.marks["transfer"]).toBeGreaterThan(10);
      expect(tally.healingRoundsMax).toBeLessThan(HEALING_ROUNDS_MAX / 2);
    },
  );

  it("do so among seven, of whom two run twice", { timeout: 120_000 }, () => {
    const tally = runStretch({ memberCount: 7, from: 1, count: 60, untilFailure: false });
    expect(tally.failures).toEqual([]);
    expect(tally.marks["new view"]).toBeGreaterThan(20);
  });

  it("do the same in the same scenario, whatever ran before it", () => {
    const space = new ScenarioSpace(4);
    const first = new ScenarioRunner(4, 1);
    const second = new ScenarioRunner(4, 1);
    const numbers = [11, 42, 77, 1001];
    const forwards = numbers.map((number) => first.run(space.at(number)));
    const backwards = numbers.toReversed().map((number) => second.run(space.at(number)));
    expect(backwards.toReversed()).toEqual(forwards);
    expect(new Set(forwards.map(({ hash }) => hash)).size).toBe(numbers.length);
  });
});

/** In clusters of how many, and who finds them; each within so many scenarios. */
const PLANTED = [
  ["quorum-of-2f", 4, "certificates"],
  ["quorum-of-2f-plus-1", 5, "certificates"],
  ["epoch-not-signed", 4, "certificates"],
  ["prepares-of-any-digest", 4, "certificates"],
  ["prepared-with-one-less", 4, "no broken invariant"],
  ["counter-executed-again", 4, "progress after healing"],
  ["votes-before-the-new-view", 4, "progress after healing"],
  ["prepared-concealed", 4, "nobody halts"],
] as const;
const SCENARIOS_TO_FIND_MAX = 600;

describe("planted bugs", () => {
  it.skipIf(notBuilt !== "").each(PLANTED)(
    `%s among %i is found: %s${notBuilt}`,
    { timeout: 120_000 },
    async (name, memberCount, checker) => {
      const folder = mkdtempSync(join(tmpdir(), "quorate-twins-"));
      const root = fileURLToPath(new URL("../../", import.meta.url));
      try {
        plant(join(root, "dist"), mutantCalled(name), folder);
        const base = join(folder, "dist/chaos/twins/twins-pool.js");
        const pool = new TwinsPool(1, pathToFileURL(base).href);
        const { tally } = await pool.run({
          memberCount,
          from: 1,
          count: SCENARIOS_TO_FIND_MAX,
          untilFailure: true,
        });
        await pool.close();
        expect(tally.failures.map((failure) => failure.checker)).toEqual([checker]);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
