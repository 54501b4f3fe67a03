import { describe, expect, it } from "vitest";
import { runHeld } from "./run-held.ts";

const EXPERIMENTS = [
  ...[
    "equivocation",
    "forged-roots",
    "equivocation-to-each",
    "wrong-statements",
    "cheated-clients",
  ],
  ...["silent-primary", "forged-messages"],
];

describe("with one replica that lies under its own key, a cluster keeps its promises:", () => {
  it.each(EXPERIMENTS)("%s", { timeout: 900_000 }, async (name) => {
    const { faults } = await runHeld(name);
    expect(faults.map(({ kind }) => kind)).toEqual(["byzantine"]);
  });
});
