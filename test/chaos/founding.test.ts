import { describe, it } from "vitest";
import { FOUNDING } from "../../chaos/experiments/catalogue/founding.ts";
import { lacks, runHeld } from "./run-held.ts";

/** One after another: each has a cluster of its own. */
describe("a cluster of real processes keeps its promises under", () => {
  for (const { name } of FOUNDING) {
    it.skipIf(lacks(name) !== "")(`${name}${lacks(name)}`, { timeout: 900_000 }, async () => {
      await runHeld(name);
    });
  }
});
