import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { Terminal } from "../../../cluster/cli/terminal.ts";
import { drawProfile } from "../faults/draw-profile.ts";
import { SeedPool } from "../run/seed-pool.ts";
import { FoundFile } from "./found-file.ts";
import type { Mutant } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";
import { plant } from "./plant.ts";

export interface Hunted {
  readonly mutant: Mutant;
  /** How many seeds it took, the finding one included; undefined: it was not found. */
  readonly seedsToFind: number | undefined;
  readonly seed: number | undefined;
  readonly checker: string | undefined;
}

export interface HuntReport {
  readonly json: object;
  readonly lines: readonly string[];
  readonly missedCount: number;
}

/** Plants one bug after another and runs seeds until a checker sees it. */
export async function hunt(
  terminal: Pick<Terminal, "showLive" | "note">,
  options: {
    readonly only: string | undefined;
    readonly jobs: number;
    readonly from: number;
    readonly seedCountMax: number;
    /** Each find is noted here, and what stands here is not looked for again. */
    readonly results?: string;
  },
): Promise<HuntReport> {
  const wanted = options.only === undefined ? MUTANTS : [mutantCalled(options.only)];
  const file = options.results === undefined ? undefined : new FoundFile(options.results);
  const known = new Map(file?.read().map((one) => [one.name, one]));
  const found: Hunted[] = [];
  for (const mutant of wanted) {
    const noted = known.get(mutant.name);
    const one = noted === undefined ? await huntOne(mutant, options) : { ...noted, mutant };
    if (noted === undefined) note(file, one);
    found.push(one);
    terminal.note(lineOf(one));
    terminal.showLive(`${found.length}/${wanted.length} mutants`);
  }
  return report(found);
}

function note(file: FoundFile | undefined, one: Hunted): void {
  const { mutant, seed, checker, seedsToFind } = one;
  if (seed === undefined || checker === undefined || seedsToFind === undefined) return;
  file?.append({ name: mutant.name, seed, checker, seedsToFind });
}

export function huntOne(
  mutant: Mutant,
  options: { readonly jobs: number; readonly from: number; readonly seedCountMax: number },
): Promise<Hunted> {
  return withPlanted(mutant, options.jobs, (pool) => search(mutant, pool, options));
}

/** @throws QuorateError MUTANT_UNKNOWN */
export function mutantCalled(name: string): Mutant {
  const mutant = MUTANTS.find((one) => one.name === name);
  if (mutant !== undefined) return mutant;
  throw new QuorateError(
    "MUTANT_UNKNOWN",
    `there is no mutant called ${name}`,
    `one of: ${MUTANTS.map((one) => one.name).join(", ")}`,
  );
}

/** Runs in a copy of what is built, with this bug in it. */
export async function withPlanted<T>(
  mutant: Mutant,
  jobs: number,
  work: (pool: SeedPool) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "quorate-mutant-"));
  try {
    plant(distFolder(), mutant, folder);
    const base = pathToFileURL(join(folder, "dist/chaos/simulation/run/seed-pool.js")).href;
    const pool = new SeedPool(jobs, base);
    try {
      return await work(pool);
    } finally {
      await pool.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function search(
  mutant: Mutant,
  pool: SeedPool,
  options: { readonly jobs: number; readonly from: number; readonly seedCountMax: number },
): Promise<Hunted> {
  const { from, seedCountMax, jobs } = options;
  const { profile = "usual" } = mutant;
  const hits: { readonly seed: number; readonly checker: string }[] = [];
  let next = from;
  const work = async (): Promise<void> => {
    while (hits.length === 0 && next < from + seedCountMax) {
      const tried = next++;
      if (mutant.aim?.(drawProfile(profile, tried)) === false) continue;
      const { seed, violation } = await pool.run({ seed: tried, profile });
      if (violation !== undefined) hits.push({ seed, checker: violation.checker });
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const { seed, checker } = hits.sort((left, right) => left.seed - right.seed)[0] ?? {};
  return { mutant, seed, checker, seedsToFind: seed === undefined ? undefined : seed - from + 1 };
}

/** The built project: this file's own, or the one beside the sources. */
function distFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const root = join(here, "..", "..", "..");
  return root.endsWith(`${sep}dist`) ? root : join(root, "dist");
}

function lineOf({ mutant, seedsToFind, seed, checker }: Hunted): string {
  const verdict =
    seedsToFind === undefined ? "NOT FOUND" : `${seedsToFind} seeds (${seed}: ${checker})`;
  return `${mutant.kind}: ${mutant.name}: ${verdict}`;
}

function report(found: readonly Hunted[]): HuntReport {
  const counts = found.flatMap(({ seedsToFind }) => seedsToFind ?? []).sort((a, b) => a - b);
  const missedCount = found.length - counts.length;
  const median = counts[counts.length >> 1] ?? 0;
  return {
    missedCount,
    json: {
      mutants: found.map(({ mutant, ...rest }) => ({
        name: mutant.name,
        kind: mutant.kind,
        ...rest,
      })),
      median,
      missed: missedCount,
    },
    lines: [
      ...found.map(lineOf),
      `${counts.length} of ${found.length} found; seeds to find: median ${median}, most ${counts.at(-1) ?? 0}`,
    ],
  };
}
