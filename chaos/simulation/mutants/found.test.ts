import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../run-seed.ts";
import { SeedPool } from "../run/seed-pool.ts";
import { FoundFile } from "./found-file.ts";
import { mutantCalled, withPlanted } from "./hunt.ts";
import { MUTANTS } from "./mutants.ts";

/**
 * Every planted bug at the seed that shows it, and the same seeds without it. To look for new seeds,
 * after whatever changes the order of events: remove found.jsonl and
 * `quorate simulate --mutants --from 1001 --seeds 10000 --results chaos/simulation/mutants/found.jsonl`
 */
const here = dirname(fileURLToPath(import.meta.url));
const FOUND = new FoundFile(join(here, "found.jsonl")).read();
/** Each seed once, in the profile that its planted bug is looked for in. */
const RUNS = [
  ...new Map(
    FOUND.map(({ name, seed }) => {
      const { profile = "usual" } = mutantCalled(name);
      return [`${profile} ${seed}`, { seed, profile }] as const;
    }),
  ).values(),
].sort((left, right) => left.seed - right.seed);
const BUILT = join(here, "../../../dist/chaos/simulation/run/seed-pool.js");
const SEEDS_TO_FIND_MAX = 10_000;
const SEEDS_TO_FIND_MEDIAN_MAX = 200;
const LONGEST_MS = 1_200_000;

const planted = new Map<string, Outcome>();
const sound = new Map<object, Outcome>();

beforeAll(async () => {
  const jobs = availableParallelism();
  const queue = [...FOUND];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { name, seed } = next;
      const mutant = mutantCalled(name);
      const { profile = "usual" } = mutant;
      const run = (pool: SeedPool): Promise<Outcome> => pool.run({ seed, profile });
      planted.set(name, await withPlanted(mutant, 1, run));
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const pool = new SeedPool(jobs, pathToFileURL(BUILT).href);
  await Promise.all(RUNS.map(async (task) => sound.set(task, await pool.run(task))));
  await pool.close();
}, LONGEST_MS);

describe("a planted bug is found", () => {
  it.each(FOUND)("$name at seed $seed by: $checker", ({ name, checker }) => {
    expect(planted.get(name)?.violation?.checker).toBe(checker);
  });

  it.each(RUNS)("and nothing without it at seed $seed ($profile)", (task) => {
    const outcome = sound.get(task);
    expect(outcome).toBeDefined();
    expect(outcome?.violation).toBeUndefined();
  });
});

describe("the planted bugs", () => {
  it("are all found", () => {
    const names = FOUND.map(({ name }) => name).sort();
    expect(names).toEqual(MUTANTS.map(({ name }) => name).sort());
  });

  it(`are each found within ${SEEDS_TO_FIND_MAX} seeds, and half of them within ${SEEDS_TO_FIND_MEDIAN_MAX}`, () => {
    const counts = FOUND.map(({ seedsToFind }) => seedsToFind).sort((left, right) => left - right);
    expect(counts.at(-1)).toBeLessThanOrEqual(SEEDS_TO_FIND_MAX);
    expect(counts[counts.length >> 1]).toBeLessThanOrEqual(SEEDS_TO_FIND_MEDIAN_MAX);
  });
});
