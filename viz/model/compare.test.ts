import { describe, expect, it } from "vitest";
import { kindName } from "./kinds.ts";
import { matchRows, parseQuery } from "./query.ts";
import { recordingOf } from "../testing/recording-of.ts";
import { compareRuns } from "./compare.ts";

const usual = recordingOf({ instanceCount: 20, seed: 1 });
const killed = recordingOf({
  instanceCount: 20,
  seed: 1,
  troubles: [{ at: 10, what: "kill-primary" }],
});

describe("two runs side by side", () => {
  it("do not differ when they are the same", () => {
    const same = compareRuns(usual, recordingOf({ instanceCount: 20, seed: 1 }), "same");
    expect(same).toMatchObject({ onlyHereCount: 0, onlyThereCount: 0, firstRow: -1 });
  });

  it("differ by what only one of them has, counted from both sides", () => {
    const there = compareRuns(killed, usual, "usual");
    const back = compareRuns(usual, killed, "killed");
    expect(there.onlyHereCount).toBe(back.onlyThereCount);
    expect(there.onlyThereCount).toBe(back.onlyHereCount);
    expect(there.onlyHere.reduce((sum, each) => sum + each, 0)).toBe(there.onlyHereCount);
    const kinds = new Set(
      [...there.onlyHere.keys()]
        .filter((row) => there.onlyHere[row] === 1)
        .map((row) => kindName(killed.table.kind.at(row))),
    );
    expect(kinds).toContain("crash");
    expect(kinds).toContain("new-view");
  });

  it("begin to differ at the first event that the other lacks", () => {
    const { firstRow, onlyHere } = compareRuns(killed, usual, "usual");
    const first = killed.index.order.find((row) => onlyHere[row] === 1);
    expect(firstRow).toBe(first);
  });

  it("are searched by motif:difference", () => {
    const query = parseQuery("motif:difference");
    const found = (): number => (query.ok ? matchRows(killed, query.test(killed)).count : -1);
    killed.comparison = undefined;
    expect(found()).toBe(0);
    killed.comparison = compareRuns(killed, usual, "usual");
    expect(found()).toBe(killed.comparison.onlyHereCount);
  });
});
