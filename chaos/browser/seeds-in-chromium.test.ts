import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { runSeed } from "../simulation/run-seed.ts";
import { chromiumPath } from "./chromium.ts";
import { SeedsInChromium } from "./seeds-in-chromium.ts";

const skipped = chromiumPath() === undefined ? " skipped: chromium: apt-get install chromium" : "";

/** The quickest of the first hundreds; in 84 signatures are real ones. */
const SEEDS = [4, 5, 6, 8, 84];

it.skipIf(skipped !== "")(
  `a seed is the same run under Node and in a browser, event by event${skipped}`,
  { timeout: 300_000 },
  async () => {
    const chromium = await SeedsInChromium.open();
    try {
      for (const seed of SEEDS) {
        const [here, there] = await Promise.all([runSeed(seed), chromium.run(seed)]);
        const { tookMs: _here, ...ran } = here;
        const { tookMs: _there, ...ranThere } = there;
        expect(ranThere, `seed ${seed}`).toEqual(ran);
      }
    } finally {
      await chromium.close();
    }
  },
);

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Files that run when this one does, and what they import from outside. */
function importsOf(file: string, seen = new Map<string, readonly string[]>()): typeof seen {
  const path = relative(root, file);
  if (seen.has(path)) return seen;
  const text = readFileSync(file, "utf8");
  const sources = [...text.matchAll(/^(?:import|export) (?!type)[^;]*?from "([^"]+)"/gm)].map(
    (match) => match[1] as string,
  );
  seen.set(
    path,
    sources.filter((source) => !source.startsWith(".")),
  );
  for (const source of sources) {
    if (source.startsWith(".")) importsOf(resolve(dirname(file), source), seen);
  }
  return seen;
}

it("nothing that the simulator runs names Node's modules but the real keys", () => {
  const all = importsOf(resolve(root, "chaos/simulation/run-seed.ts"));
  const named = [...all].filter(([, outside]) => outside.some((name) => name.startsWith("node:")));
  const behindRealKeys = importsOf(resolve(root, "chaos/simulation/world/crypto-real.ts"));
  expect(named.map(([path]) => path).filter((path) => !behindRealKeys.has(path))).toEqual([]);
  expect(all.size).toBeGreaterThan(150);
});
