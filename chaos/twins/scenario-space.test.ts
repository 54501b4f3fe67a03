import { describe, expect, it } from "vitest";
import { numbered, partitionsOf } from "./partitions.ts";
import { ScenarioSpace } from "./scenario-space.ts";
import { describeScenario, instanceCountOf } from "./scenario.ts";
import type { Scenario } from "./scenario.ts";

describe("partitions", () => {
  it("are as many as Stirling's numbers say, each once", () => {
    for (const [instanceCount, blockCountMax, count] of [
      [5, 5, 52],
      [5, 2, 16],
      [5, 3, 41],
      [9, 3, 3281],
    ] as const) {
      const all = partitionsOf(instanceCount, blockCountMax);
      expect(new Set(all.map((blocks) => blocks.join(""))).size).toBe(count);
      expect(all.length).toBe(count);
    }
  });

  it("bear their blocks' numbers in the order in which blocks appear", () => {
    expect(numbered([2, 0, 2, 1]).blocks).toEqual([0, 1, 0, 2]);
    for (const blocks of partitionsOf(5, 3)) expect(numbered(blocks).blocks).toEqual(blocks);
  });
});

/** The same scenario with a member and its twin in each other's place. */
function exchanged(scenario: Scenario): Scenario {
  const [twin, member] = [scenario.memberCount, scenario.twins[0] as number];
  const rounds = scenario.rounds.map((round) => {
    const swapped = [...round.blocks];
    [swapped[twin], swapped[member]] = [swapped[member] as number, swapped[twin] as number];
    const { blocks, from } = numbered(swapped);
    const patience = from.reduce(
      (bits, block, place) => bits | (((round.patience >> block) & 1) << place),
      0,
    );
    return { ...round, blocks, patience };
  });
  return { ...scenario, rounds };
}

describe("scenarios", () => {
  const space = new ScenarioSpace(4);
  const listed = Array.from({ length: space.listedCount }, (_, place) => space.at(2 * place + 2));

  it("of two rounds in two blocks are all in the list, each once up to the exchange of twins", () => {
    const names = new Set(listed.map(describeScenario));
    expect(names.size).toBe(listed.length);
    // Twins in one place, and a cut or none, patience of each block, three lengths: 186 rounds.
    const all = 4 * 2 * 186 ** 2;
    let pairs = 0;
    for (const scenario of listed) {
      const name = describeScenario(scenario);
      const other = describeScenario(exchanged(scenario));
      pairs += other === name ? 1 : 2;
      if (other !== name) expect(names.has(other), `${name} and ${other}`).toBe(false);
    }
    expect(pairs).toBe(all);
  });

  it("are the same for the same number, for ever", () => {
    expect([1, 2, 3, 1000, 999_999].map((number) => describeScenario(space.at(number)))).toEqual(
      [1, 2, 3, 1000, 999_999].map((number) => describeScenario(new ScenarioSpace(4).at(number))),
    );
    expect(describeScenario(space.at(1))).toMatchInlineSnapshot(
      `"4 members, twins of 0, late frames | 00001 !0 x1 | 01210 !0 x4 | 00011 !0 x4"`,
    );
    expect(describeScenario(space.at(2))).toMatchInlineSnapshot(
      `"4 members, twins of 0 | 00000 !0 x1 | 00000 !0 x1"`,
    );
  });

  it("that are drawn have f twins, and rounds of any partition", () => {
    const seven = new ScenarioSpace(7);
    for (const number of Array.from({ length: 200 }, (_, index) => index + 1)) {
      const scenario = seven.at(number);
      expect(scenario.twins.length).toBe(2);
      expect(instanceCountOf(scenario)).toBe(9);
      for (const { blocks } of scenario.rounds) expect(numbered(blocks).blocks).toEqual(blocks);
    }
    const drawn = Array.from({ length: 500 }, (_, index) => space.at(2 * index + 1));
    expect(new Set(drawn.map(({ rounds }) => rounds.length))).toEqual(new Set([3, 4, 5, 6, 7]));
    expect(new Set(drawn.flatMap(({ twins }) => twins)).size).toBe(4);
  });
});
