import { describe, expect, it } from "vitest";
import { simulateHistory } from "./simulate-history.ts";
import { checkSimulated } from "./simulated-history.ts";
import type { SimulatedOperation } from "./simulated-history.ts";

const at = (fields: Partial<SimulatedOperation>): SimulatedOperation => ({
  ...{ process: 0, op: "read-linearizable", key: "k", value: undefined, outcome: 0, sequence: 1 },
  ...{ invokedAt: 0, returnedAt: 1, ...fields },
});

describe("what simulated clients saw", () => {
  const seeds = [1, 2, 3, 4];
  it.each(seeds)("in the run of seed %i is linearizable", { timeout: 60_000 }, async (seed) => {
    const operations = await simulateHistory(seed, 200);
    const judgement = checkSimulated(operations);
    expect(judgement.orderFaults).toEqual([]);
    const bad = judgement.keys.filter(({ verdict }) => verdict !== "linearizable");
    expect(bad.map(({ key, verdict }) => `${key}: ${verdict}`)).toEqual([]);
    expect(operations.length).toBeGreaterThan(150);
  });
});

describe("what no run may show is found", () => {
  const put = at({ op: "put", value: "x", sequence: 5, invokedAt: 0, returnedAt: 2 });

  it.each([
    [
      "a value that nobody put",
      [put, at({ value: "y", sequence: 6, invokedAt: 3, returnedAt: 4 })],
    ],
    ["an accepted put that is not shown", [put, at({ sequence: 6, invokedAt: 3, returnedAt: 4 })]],
    [
      "a value that is still shown after a dispute",
      [
        put,
        at({ op: "put", value: "y", outcome: 34, sequence: 6, invokedAt: 3, returnedAt: 4 }),
        at({ value: "x", sequence: 7, invokedAt: 5, returnedAt: 6 }),
      ],
    ],
    [
      "a session that goes back",
      [
        put,
        at({
          process: 1,
          op: "read-session",
          value: "x",
          sequence: 5,
          invokedAt: 3,
          returnedAt: 4,
        }),
        at({ process: 1, op: "read-session", sequence: 4, invokedAt: 5, returnedAt: 6 }),
      ],
    ],
  ] as const)("%s", (_what, operations) => {
    expect(checkSimulated(operations).verdict).toBe("not linearizable");
  });

  it("but a withdrawal may end what is served, and a lost put may have happened", () => {
    const lost = at({ op: "put", value: "z", invokedAt: 3, returnedAt: undefined });
    const gone = at({ op: "withdraw", sequence: 6, invokedAt: 3, returnedAt: 4 });
    const reads = [
      at({ sequence: 7, invokedAt: 5, returnedAt: 6 }),
      at({ value: "z", sequence: 8, invokedAt: 7, returnedAt: 8 }),
    ];
    expect(checkSimulated([put, gone, lost, ...reads]).verdict).toBe("linearizable");
  });
});
