import { describe, expect, it } from "vitest";
import { recordingOf } from "../testing/recording-of.ts";
import { coneOf, criticalPath } from "./causality.ts";
import { eachCause } from "./children.ts";
import { kindNumber } from "./kinds.ts";

const recording = recordingOf();
const { table } = recording;
const certified = [...table.kind.take()].findLastIndex((kind) => kind === kindNumber("certified"));

/** The plain way: follow causes until nothing is new. */
function ancestorsOf(row: number): Set<number> {
  const found = new Set<number>();
  const visit = (at: number): void =>
    eachCause(table, at, (cause) => {
      if (found.has(cause)) return;
      found.add(cause);
      visit(cause);
    });
  visit(row);
  return found;
}

describe("the cone of an event", () => {
  it("holds exactly what led to it", () => {
    expect(coneOf(recording, certified).ancestors).toEqual(ancestorsOf(certified));
  });

  it("holds exactly what it led to", () => {
    const row = 40;
    const { descendants } = coneOf(recording, row);
    const expected = new Set<number>();
    for (let at = 0; at < table.count; at++) if (ancestorsOf(at).has(row)) expected.add(at);
    expect(descendants).toEqual(expected);
  });
});

describe("the critical path", () => {
  it("goes from a beginning to the event, each step a cause of the next", () => {
    const path = criticalPath(recording, certified);
    expect(path.at(-1)).toBe(certified);
    let first = 0;
    eachCause(table, path[0] as number, () => first++);
    expect(first).toBe(0);
    for (let at = 1; at < path.length; at++) {
      const causes: number[] = [];
      eachCause(table, path[at] as number, (cause) => causes.push(cause));
      expect(causes).toContain(path[at - 1]);
    }
  });

  it("takes the cause that came last", () => {
    const path = criticalPath(recording, certified);
    for (let at = 1; at < path.length; at++) {
      eachCause(table, path[at] as number, (cause) => {
        expect(recording.index.rank[cause]).toBeLessThanOrEqual(
          recording.index.rank[path[at - 1] as number] as number,
        );
      });
    }
  });
});
