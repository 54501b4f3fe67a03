import type { Mutant } from "./mutant.ts";

const kind = "time";

/** The journal decides nothing, so only the judge of its causality can see these. */
export const JOURNAL_MUTANTS: readonly Mutant[] = [
  {
    name: "effect-not-after-its-cause",
    kind,
    file: "base/journal/event-scribe.ts",
    find: "this.#advanceTo(hint);",
    replace: "",
  },
  {
    name: "event-time-from-the-clock-alone",
    kind,
    file: "base/journal/event-scribe.ts",
    find: "if (nowMs > this.#milliseconds)",
    replace: "if (true)",
  },
  {
    name: "event-number-used-twice",
    kind,
    file: "base/journal/event-scribe.ts",
    find: "this.#sequence++;",
    replace: 'if (kind !== "suspicion") this.#sequence++;',
  },
];
