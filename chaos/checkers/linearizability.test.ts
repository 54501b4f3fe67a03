import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigurationSet } from "./configuration-set.ts";
import { searchOrder } from "./linearizability.ts";
import { IMPOSSIBLE } from "./impossible.ts";
import { MODELS } from "./model.ts";
import type { Model } from "./model.ts";
import type { Operation, Value } from "./operation.ts";
import { relax } from "./relax.ts";

const modelOf = (name: string): Model => MODELS.get(name)!;

/** `[process, action, input, output, call, return]`. */
type Row = readonly [number, string, readonly Value[], Operation["output"], number, number];
const history = (...rows: readonly Row[]): readonly Operation[] =>
  rows.map(([process, action, input, output, call, end]) => ({
    ...{ process, action, input, output, call, return: end, key: "k" },
  }));

describe("a register", () => {
  const verdict = (...rows: readonly Row[]): string =>
    searchOrder(modelOf("register"), history(...rows)).verdict;

  it.each<[string, string, readonly Row[]]>([
    ["nothing happened", "linearizable", []],
    [
      "a read beside a write sees either",
      "linearizable",
      [
        [0, "write", ["a"], true, 0, 10],
        [1, "read", [], "a", 1, 9],
        [2, "read", [], null, 2, 5],
      ],
    ],
    [
      "what was seen cannot be unseen",
      "not linearizable",
      [
        [0, "write", ["a"], true, 0, 10],
        [1, "read", [], "a", 1, 4],
        [2, "read", [], null, 5, 9],
      ],
    ],
    [
      "a finished write is seen",
      "not linearizable",
      [
        [0, "write", ["a"], true, 0, 1],
        [1, "read", [], null, 2, 3],
      ],
    ],
    [
      "ends and begins at one moment: they overlap",
      "linearizable",
      [
        [0, "write", ["a"], true, 0, 2],
        [1, "read", [], null, 2, 3],
      ],
    ],
    [
      "a pending write may have happened",
      "linearizable",
      [
        [0, "write", ["a"], undefined, 0, Infinity],
        [1, "read", [], "a", 50, 60],
      ],
    ],
    [
      "a pending write may happen late, and never has to",
      "linearizable",
      [
        [0, "write", ["a"], undefined, 0, Infinity],
        [1, "read", [], null, 50, 60],
        [1, "read", [], "a", 70, 80],
      ],
    ],
    [
      "but not twice",
      "not linearizable",
      [
        [0, "write", ["a"], undefined, 0, Infinity],
        [1, "read", [], "a", 1, 2],
        [1, "write", ["b"], true, 3, 4],
        [1, "read", [], "a", 5, 6],
      ],
    ],
    ["a value that nobody wrote", "not linearizable", [[1, "read", [], "z", 1, 2]]],
  ])("%s: %s", (_what, expected, rows) => {
    expect(verdict(...rows)).toBe(expected);
  });
});

describe("an entry", () => {
  const verdict = (...rows: readonly Row[]): string =>
    searchOrder(modelOf("entry"), history(...rows)).verdict;

  it("of an immutable class keeps its first answer until it is withdrawn", () => {
    expect(
      verdict(
        [0, "publish", ["a"], true, 0, 1],
        [1, "publish", ["b"], false, 2, 3],
        [1, "publish", ["a"], true, 4, 5],
        [0, "withdraw", [], true, 6, 7],
        [1, "publish", ["b"], true, 8, 9],
      ),
    ).toBe("linearizable");
    expect(verdict([0, "publish", ["a"], true, 0, 1], [1, "publish", ["b"], true, 2, 3])).toBe(
      "not linearizable",
    );
  });

  it("of a versioned class is succeeded once from each version", () => {
    expect(
      verdict(
        [0, "succeed", [null, "a"], true, 0, 9],
        [1, "succeed", [null, "b"], false, 0, 9],
        [2, "read", [], "a", 10, 11],
      ),
    ).toBe("linearizable");
    expect(
      verdict([0, "succeed", [null, "a"], true, 0, 9], [1, "succeed", [null, "b"], true, 0, 9]),
    ).toBe("not linearizable");
  });
});

describe("against every order", () => {
  const value = fc.constantFrom("a", "b");
  const rowsOf = (
    actions: fc.Arbitrary<readonly [string, readonly Value[], Operation["output"]]>,
  ) =>
    fc.array(
      fc.record({
        process: fc.nat(2),
        what: actions,
        call: fc.nat(12),
        duration: fc.oneof(fc.nat(8), fc.constant(Infinity)),
      }),
      { maxLength: 6 },
    );
  const read = fc.tuple(
    fc.constant("read"),
    fc.constant([]),
    fc.option(value, { freq: 3 }),
  ) as fc.Arbitrary<readonly [string, readonly Value[], Operation["output"]]>;
  const write = value.map((to) => ["write", [to], true] as const);
  const cas = fc
    .tuple(value, value, fc.constantFrom(true, false, undefined))
    .map(([from, to, output]) => ["cas", [from, to], output] as const);
  const append = value.map((to) => ["append", [to], true] as const);
  const get = fc
    .constantFrom("", "a", "b", "ab", "ba", "aab")
    .map((seen) => ["get", [], seen] as const);
  const put = value.map((to) => ["put", [to], true] as const);

  it.each([
    ["etcd-cas", fc.oneof(read, write, cas)],
    ["key-value", fc.oneof(get, put, append)],
  ] as const)("%s: the search agrees with trying them all", (name, actions) => {
    fc.assert(
      fc.property(rowsOf(actions as Parameters<typeof rowsOf>[0]), (rows) => {
        const operations = rows.map(({ process, what, call, duration }) => ({
          ...{ process, key: "k", action: what[0], input: what[1], call, return: call + duration },
          output: duration === Infinity ? undefined : what[2],
        }));
        const judgement = searchOrder(modelOf(name), operations);
        expect(judgement.verdict === "linearizable").toBe(tryAll(modelOf(name), operations));
        if (judgement.verdict === "linearizable") {
          expect(explains(modelOf(name), operations, judgement.order)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the bound of memory", () => {
  it("ends a search without a verdict", () => {
    const rows = Array.from({ length: 12 }, (_, index): Row => {
      return [index, "append", [String(index)], true, 0, 100];
    });
    const hopeless = history(...rows, [20, "get", [], "no such thing", 0, 100]);
    const found = searchOrder(modelOf("key-value"), hopeless, { bytesMax: 4096 });
    // The look-ahead sees at once that nothing leads there; without it this is a long search.
    expect(found.verdict).toBe("not linearizable");
    const blind = { ...modelOf("key-value"), reaches: () => true };
    expect(searchOrder(blind, hopeless, { bytesMax: 4096 }).verdict).toBe("unknown");
  });

  it("holds: the table takes so many rows and no more", () => {
    const set = new ConfigurationSet(40, 100 * 4 * 5);
    const answers = Array.from({ length: 200 }, (_, index) => set.add(Uint32Array.of(index, 7), 1));
    expect(answers.filter((answer) => answer === "added")).toHaveLength(100);
    expect(answers.slice(100).every((answer) => answer === "full")).toBe(true);
    expect(set.add(Uint32Array.of(5, 7), 1)).toBe("present");
    expect(set.add(Uint32Array.of(5, 7), 2)).toBe("full");
  });

  it("the table finds everything again after it has grown", () => {
    const set = new ConfigurationSet(64);
    for (let index = 0; index < 20_000; index++)
      set.add(Uint32Array.of(index, index * 31), index % 3);
    for (let index = 0; index < 20_000; index++) {
      expect(set.add(Uint32Array.of(index, index * 31), index % 3)).toBe("present");
    }
    expect(set.count).toBe(20_000);
  });
});

describe("weaker reads", () => {
  const verdict = (freshnessMsMax: number, ...operations: readonly Operation[]): string => {
    const relaxed = relax(operations, freshnessMsMax);
    return searchOrder(modelOf("register"), relaxed.operations, { after: relaxed.after }).verdict;
  };
  const [a, b] = history([0, "write", ["a"], true, 0, 1], [0, "write", ["b"], true, 10, 11]) as [
    Operation,
    Operation,
  ];
  const readAt = (
    process: number,
    seen: string | null,
    call: number,
    consistency: Operation["consistency"],
  ): Operation => ({
    ...{ process, key: "k", action: "read", input: [], output: seen },
    ...{ call, return: call + 1, consistency: consistency! },
  });

  it("a session may lag behind others, for ever", () => {
    expect(verdict(5, a, b, readAt(1, "a", 1000, "session"))).toBe("linearizable");
    expect(verdict(5, a, b, readAt(1, null, 1000, "session"))).toBe("linearizable");
    expect(verdict(5, a, b, readAt(1, "a", 1000, "linearizable"))).toBe("not linearizable");
  });

  it("a session never goes back, and sees its own writes", () => {
    const [seen, back] = [readAt(1, "b", 100, "session"), readAt(1, "a", 200, "session")];
    expect(verdict(5, a, b, seen, back)).toBe("not linearizable");
    expect(verdict(5, a, b, readAt(0, "a", 100, "session"))).toBe("not linearizable");
    expect(verdict(5, a, b, { ...seen, process: 2 }, back)).toBe("linearizable");
  });

  it("a session cannot see what is still to come", () => {
    expect(verdict(5, a, b, readAt(1, "b", 5, "session"))).toBe("not linearizable");
  });

  it("a certified read is as old as freshness allows and no older", () => {
    expect(verdict(5, a, b, readAt(1, "a", 15, "certified"))).toBe("linearizable");
    expect(verdict(5, a, b, readAt(1, "a", 17, "certified"))).toBe("not linearizable");
    expect(verdict(5, a, b, readAt(1, "b", 12, "certified"), readAt(1, "a", 14, "certified"))).toBe(
      "not linearizable",
    );
  });
});

/** Slow and plain: every order of every subset that holds all finished operations. */
function tryAll(model: Model, operations: readonly Operation[]): boolean {
  function extend(order: readonly number[]): boolean {
    const done = operations.every((op, index) => op.return === Infinity || order.includes(index));
    if (done && explains(model, operations, order)) return true;
    return operations.some((_, index) => !order.includes(index) && extend([...order, index]));
  }
  return extend([]);
}

function explains(
  model: Model,
  operations: readonly Operation[],
  order: readonly number[],
): boolean {
  let state = model.initial;
  for (const [place, index] of order.entries()) {
    const operation = operations[index]!;
    const late = order.slice(place + 1).some((later) => operations[later]!.return < operation.call);
    const after = model.actions[operation.action]!.step(state, operation);
    if (late || after === IMPOSSIBLE) return false;
    state = after;
  }
  return true;
}
