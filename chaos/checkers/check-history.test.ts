import { describe, expect, it } from "vitest";
import { checkHistory } from "./check-history.ts";
import { drawViolation } from "./draw-violation.ts";
import { formatHistory, parseHistory } from "./formats/parse-history.ts";
import type { History, Operation } from "./operation.ts";
import { findOrderFaults } from "./session-order.ts";

const operation = (fields: Partial<Operation>): Operation => ({
  ...{ process: 0, key: "a", action: "read", input: [], output: null, call: 0, return: 1 },
  ...fields,
});
const write = (fields: Partial<Operation>): Operation =>
  operation({ action: "write", output: true, ...fields });

const VIOLATION: History = {
  model: "entry",
  operations: [
    write({ input: ["1"], call: 0, return: 4 }),
    operation({ process: 1, output: "1", call: 1, return: 2 }),
    operation({ process: 2, output: null, call: 3, return: 5 }),
    write({ process: 3, key: "b", input: ["<&>"], call: 0, return: Infinity, output: undefined }),
    operation({ process: 4, key: "b", output: "<&>", call: 6, return: 7 }),
  ],
};

describe("a history", () => {
  it("is judged key by key", () => {
    const { verdict, keys } = checkHistory(VIOLATION);
    expect(verdict).toBe("not linearizable");
    expect(keys.map(({ key, verdict }) => [key, verdict])).toEqual([
      ["a", "not linearizable"],
      ["b", "linearizable"],
    ]);
    expect(keys[0]!.stuck).toEqual([2]);
  });

  it("comes back from its file as it was", () => {
    expect(parseHistory(formatHistory(VIOLATION))).toEqual({
      ...VIOLATION,
      operations: VIOLATION.operations.map((one) => ({ ...one })),
    });
  });

  it.each([
    ["nothing", "", 1],
    ["another format", '{"format":"x"}', 1],
    ["an unknown model", '{"format":"quorate-history/1","model":"stack"}', 1],
    ["no JSON", '{"format":"quorate-history/1","model":"entry"}\n{', 2],
    ["an unknown field", line({ wrong: 1 }), 2],
    ["an unknown action", line({ action: "fly" }), 2],
    ["an end before the beginning", line({ call: 5, return: 4 }), 2],
    ["a key that is no text", line({ key: 5 }), 2],
    ["an answer out of nowhere", "INFO  jepsen.util - 0\t:ok\t:read\t1", 1],
    ["half an event", '{:process 0, :type :invoke, :f :get, :key "1"}', 1],
  ])("is refused with its line: %s", (_what, text, number) => {
    expect(() => parseHistory(text)).toThrow(
      expect.objectContaining({
        code: "HISTORY_INVALID",
        message: expect.stringContaining(`line ${number} `) as string,
      }) as Error,
    );
  });

  function line(change: object): string {
    const plain = { process: 0, key: "a", action: "read", input: [], call: 0 };
    return `{"format":"quorate-history/1","model":"entry"}\n${JSON.stringify({ ...plain, ...change })}`;
  }
});

describe("sequences", () => {
  it("show a session that goes back, from one key to another", () => {
    const faults = findOrderFaults([
      operation({ key: "a", sequence: 9, consistency: "session", call: 0, return: 1 }),
      operation({ key: "b", sequence: 8, consistency: "session", call: 2, return: 3 }),
    ]);
    expect(faults).toEqual([{ what: "a session goes back", operations: [0, 1] }]);
  });

  it("show a linearizable read below what another process had been answered", () => {
    const [early, late] = [
      write({ sequence: 9, call: 0, return: 1 }),
      operation({ process: 1, sequence: 8, call: 2, return: 3 }),
    ];
    expect(findOrderFaults([early, late])).toEqual([
      { what: "a linearizable operation goes back", operations: [0, 1] },
    ]);
    expect(findOrderFaults([early, { ...late, consistency: "session" }])).toEqual([]);
    expect(findOrderFaults([early, { ...late, call: 1 }])).toEqual([]);
  });

  it("show two states under one sequence", () => {
    const [one, other] = [
      operation({ sequence: 5, output: "1", consistency: "session" }),
      operation({ process: 1, sequence: 5, output: "2", consistency: "session" }),
    ];
    expect(findOrderFaults([one, other])).toEqual([
      { what: "one sequence shows two states", operations: [0, 1] },
    ]);
  });

  it("of a well-behaved system show nothing", () => {
    const served = Array.from({ length: 50 }, (_, step) =>
      operation({
        process: step % 3,
        sequence: step,
        output: String(step),
        call: step,
        return: step,
      }),
    );
    expect(findOrderFaults(served)).toEqual([]);
  });
});

describe("the picture of a violation", () => {
  const picture = drawViolation(checkHistory(VIOLATION).keys[0]!, "entry");

  it("is the same each time, and as it was drawn before", async () => {
    expect(drawViolation(checkHistory(VIOLATION).keys[0]!, "entry")).toBe(picture);
    await expect(picture).toMatchFileSnapshot("./testdata/violation.svg");
  });

  it("stands alone and lets no text of a history become markup", () => {
    const hostile = checkHistory({
      model: "entry",
      operations: [operation({ key: "<script>", output: '"><script>' })],
    });
    const drawn = drawViolation(hostile.keys[0]!, "entry");
    expect(drawn).not.toContain("<script");
    expect(drawn.replace("http://www.w3.org/2000/svg", "")).not.toContain("http");
  });

  it("shows what is stuck and the order until there", () => {
    expect(picture).toContain('class="first"');
    expect(picture.match(/class="number"/g)).toHaveLength(2);
  });
});
