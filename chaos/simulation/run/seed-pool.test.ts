import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../run-seed.ts";
import { SeedPool } from "./seed-pool.ts";
import { Summary } from "./summary.ts";

/** The built simulator on two threads, some minutes; `QUORATE_SIMULATED_SEEDS=2000` for more. */
const SEED_COUNT = Number(process.env["QUORATE_SIMULATED_SEEDS"] ?? 200);
const SEED_FROM = 1001;

const here = dirname(fileURLToPath(import.meta.url));
const built = join(here, "../../../dist/chaos/simulation/run/seed-pool.js");
const outcomes: Outcome[] = [];

beforeAll(async () => {
  expect(existsSync(built), "dist/ is built before the tests run").toBe(true);
  const pool = new SeedPool(2, pathToFileURL(built).href);
  const seeds = Array.from({ length: SEED_COUNT }, (_, index) => SEED_FROM + index);
  outcomes.push(...(await Promise.all(seeds.map((seed) => pool.run({ seed })))));
  await pool.close();
}, 3_600_000);

afterAll(() => {
  const summary = new Summary();
  for (const outcome of outcomes) summary.add(outcome);
  console.log(summary.lines()[0]);
});

describe("many seeds", () => {
  it(`(${SEED_COUNT}) violate nothing`, () => {
    const found = outcomes.flatMap(({ seed, violation }) =>
      violation === undefined ? [] : [{ seed, ...violation }],
    );
    expect(found).toEqual([]);
  });

  it("are each a minute of two hundred writes", () => {
    for (const { virtualMs, committedCount } of outcomes) {
      expect(virtualMs).toBeGreaterThanOrEqual(60_000);
      expect(committedCount).toBeGreaterThanOrEqual(200);
    }
  });
});
