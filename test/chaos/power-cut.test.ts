import { describe, it } from "vitest";
import { lacks, runHeld } from "./run-held.ts";

const CUT_COUNT = 5;
const lacking = lacks("power-cut-all");

describe.skipIf(lacking !== "")(`power cuts${lacking}`, () => {
  it(
    `${CUT_COUNT} of ${CUT_COUNT} times all machines lose power at once and nothing acknowledged is lost`,
    { timeout: 900_000 },
    async () => {
      for (let seed = 1; seed <= CUT_COUNT; seed++) await runHeld("power-cut-all", seed);
    },
  );
});
