import { describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { keyOfName } from "../hashing.ts";
import { REVOCATION_SWEEP_COUNT_MAX } from "../limits.ts";
import { revokedWriterStateKey } from "../map/state-keys.ts";
import * as rows from "../wire/rows.ts";
import type { Administration, Write } from "../wire/write-set.ts";
import { outcomeText } from "./outcomes.ts";
import { Fixture, administer, batch, hash, keyOf, put, withdraw, writeSet } from "./state.case.ts";

const policyOf = (parts: Partial<Administration>, namespace = "solo"): Write =>
  administer({ action: 3, confirmations: 1, ...parts }, { namespace });
const enrol = (name: string, operator: string, ...namespaces: string[]): Write =>
  administer({ action: 1, subject: keyOf(name), operator, namespaces });
const revoke = (name: string): Write => administer({ action: 5, subject: keyOf(name) });
const keep = (name: string, value: string, namespace = "solo"): Write =>
  administer(
    { action: 6, key: keyOfName(hash, name), semanticDigest: put(name, value).semanticDigest },
    { namespace },
  );
const pair = { namespace: "pair" };

/** who, what, OUTCOME name. */
type Step = readonly [string, Write, string];

function play(steps: readonly Step[], fixture: Fixture = new Fixture()): Fixture {
  for (const [at, [writer, write, outcome]] of steps.entries()) {
    expect([at, outcomeText(fixture.write(writer, write)).name]).toEqual([at, outcome]);
  }
  return fixture;
}

/** An empty batch: time for what goes on by itself. */
function idle(fixture: Fixture): void {
  fixture.state.execute(batch([]));
}

const states = (fixture: Fixture, names: readonly string[], namespace = "solo"): number[] =>
  names.map((name) => fixture.entry(name, namespace)?.state ?? 0);

describe("a grant", () => {
  it.each([
    [["solo/lib/"], put("lib/one", "x"), "ACCEPTED"],
    [["solo/lib/"], put("lib", "x"), "NOT_ALLOWED"],
    [["solo/lib/"], put("lib/one", "x", { namespace: "other" }), "NOT_ALLOWED"],
    [["solo/lib/"], put("lib/one", "x", { name: "" }), "NOT_ALLOWED"],
    [["pair", "solo/lib/"], put("bin/one", "x", pair), "PENDING"],
    [["solo/é"], put("épée", "x"), "ACCEPTED"],
    [["solo/lib/"], withdraw("lib/one"), "NOTHING_TO_WITHDRAW"],
    [["solo/lib/"], withdraw("bin/one"), "NOT_ALLOWED"],
  ] as const)("of %j covers what it names", (grants, write, outcome) => {
    play([
      ["root", enrol("new", "N", ...grants), "ACCEPTED"],
      ["new", write, outcome],
    ]);
  });

  it.each([["solo/"], ["/lib"], ["*/lib"], ["No/lib"], ["cache/lib"]])(
    "%s is none",
    (grant) => void play([["root", enrol("new", "N", grant), "MALFORMED"]]),
  );
});

describe("a namespace's rule", () => {
  it("counts the trusted only, and once each", () => {
    const fixture = play([
      ["root", policyOf({ trusted: ["C", "D"] }), "ACCEPTED"],
      ["ann", put("k", "x"), "PENDING"],
      ["bob", put("k", "x"), "PENDING"],
      ["cat", put("k", "x"), "ACCEPTED"],
      ["ann", put("k", "y"), "DIFFERS"],
      ["bob", put("k", "y"), "DIFFERS"],
      ["dan", put("k", "y"), "DIFFERS"],
    ]);
    expect(fixture.entry("k")).toMatchObject({
      state: rows.ENTRY_CONFIRMED,
      confidencePercent: 30,
    });
  });

  it("may ask for several of them", () => {
    play([
      ["root", policyOf({ trusted: ["B", "C", "D"], confirmations: 2 }), "ACCEPTED"],
      ["ann", put("k", "x"), "PENDING"],
      ["bob", put("k", "x"), "PENDING"],
      ["cat", put("k", "x"), "ACCEPTED"],
      ["bob", put("other", "y"), "PENDING"],
    ]);
  });

  it.each([
    ["more than there are", { trusted: ["A"], confirmations: 2 }],
    ["one twice", { trusted: ["A", "A"] }],
    ["nobody's name", { trusted: [""] }],
  ])("is refused for %s", (_what, parts) => {
    play([["root", policyOf(parts), "MALFORMED"]]);
  });

  it("bounds the value and cuts the time to live", () => {
    const fixture = play([
      ["root", policyOf({ valueBytesMax: 3, ttlMsMax: 1000 }), "ACCEPTED"],
      ["ann", put("k", "xxxx"), "VALUE_TOO_LARGE"],
      ["ann", put("k", "xxx"), "ACCEPTED"],
      ["ann", put("l", "xxx", { ttlMs: 5000 }), "ACCEPTED"],
      ["ann", put("m", "xxx", { ttlMs: 10 }), "ACCEPTED"],
    ]);
    expect(["k", "l", "m"].map((name) => fixture.entry(name)?.ttlMs)).toEqual([1000, 1000, 10]);
  });

  it("bears a version, and holds after a restart", () => {
    const fixture = play([
      ["root", policyOf({ trusted: ["C"] }), "ACCEPTED"],
      ["root", policyOf({ trusted: ["B"], quotaBytes: 9 }), "ACCEPTED"],
    ]);
    fixture.restart();
    const { rows: all } = fixture.state.policyAt(fixture.state.sequence)!;
    const set = all.slice(-3).map((row) => rows.namespaceRowCodec.decode(row));
    expect(set.find(({ namespace }) => namespace === "solo")).toMatchObject({ version: 2 });
    play([["cat", put("k", "x"), "PENDING"]], fixture);
  });
});

describe("a quota", () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `q${at}`);
  const there = (fixture: Fixture, count: number): string[] =>
    names(count).filter((name) => fixture.entry(name) !== undefined);

  it("lets what was changed longest ago leave, without a word in the revocation log", () => {
    const fixture = play([["root", policyOf({ quotaBytes: 3 }), "ACCEPTED"]]);
    for (const name of names(3)) fixture.write("ann", put(name, "x"));
    expect(there(fixture, 3)).toEqual(["q0", "q1", "q2"]);
    fixture.write("bob", put("q0", "x"));
    fixture.write("ann", put("q3", "x"));
    expect(there(fixture, 4)).toEqual(["q0", "q2", "q3"]);
  });

  it("holds for what was there before it, and again after a restart", () => {
    const fixture = new Fixture();
    for (const name of names(5)) fixture.write("ann", put(name, "x"));
    fixture.write("root", policyOf({ quotaBytes: 2 }));
    expect(there(fixture, 5)).toEqual(["q3", "q4"]);
    fixture.restart();
    fixture.write("ann", put("q5", "x"));
    expect(there(fixture, 6)).toEqual(["q4", "q5"]);
    fixture.write("root", policyOf({}));
    fixture.write("ann", put("q6", "x"));
    expect(there(fixture, 7)).toEqual(["q4", "q5", "q6"]);
  });

  it("leaves other namespaces, disputes and tombstones alone", () => {
    const fixture = play([
      ["ann", put("q0", "x", { namespace: "other" }), "ACCEPTED"],
      ["ann", put("q1", "x"), "ACCEPTED"],
      ["bob", put("q1", "y"), "DIFFERS"],
      ["cat", put("q1", "y"), "DISPUTED"],
      ["ann", put("q2", "x"), "ACCEPTED"],
      ["ann", withdraw("q2"), "ACCEPTED"],
      ["ann", put("q3", "x"), "ACCEPTED"],
      ["root", policyOf({ quotaBytes: 1 }), "ACCEPTED"],
      ["ann", put("q4", "x"), "ACCEPTED"],
    ]);
    expect(there(fixture, 5)).toEqual(["q1", "q2", "q4"]);
    expect(fixture.entry("q0", "other")).toBeDefined();
  });
});

describe("an operator's decision", () => {
  const disputed: readonly Step[] = [
    ["ann", put("k", "x"), "ACCEPTED"],
    ["bob", put("k", "y"), "DIFFERS"],
    ["cat", put("k", "y#cat"), "DISPUTED"],
  ];

  it.each([
    ["x", { operator: "A", confidencePercent: 30 }],
    ["y", { operator: "C", confidencePercent: 64 }],
  ])("serves %s again, by the votes for it", (value, expected) => {
    const fixture = play([...disputed, ["root", keep("k", value), "ACCEPTED"]]);
    const entry = fixture.entry("k")!;
    expect(entry).toMatchObject({ state: rows.ENTRY_CONFIRMED, version: 1, ...expected });
    expect(toHex(entry.semanticDigest)).toBe(toHex(put("k", value).semanticDigest!));
    const left = new Set(entry.votes.map(({ semanticDigest }) => toHex(semanticDigest)));
    expect([...left]).toEqual([toHex(entry.semanticDigest)]);
  });

  it.each([
    ["what nobody has put", [...disputed, ["root", keep("k", "z"), "NO_SUCH_ANSWER"]]],
    ["what is not there", [["root", keep("k", "x"), "NO_SUCH_ANSWER"]]],
    ["without a key of an operator's", [...disputed, ["ann", keep("k", "x"), "NOT_ADMINISTRATOR"]]],
    [
      "in a class with versions",
      [
        ["ann", put("k", "x", { kind: "manifest/1" }), "ACCEPTED"],
        ["root", keep("k", "x"), "NO_SUCH_ANSWER"],
      ],
    ],
  ] as [string, Step[]][])("does not choose %s", (_what, steps) => void play(steps));

  it("may replace what is served, which the revocation log says", () => {
    const fixture = play([
      ["ann", put("k", "x"), "ACCEPTED"],
      ["bob", put("k", "y"), "DIFFERS"],
      ["root", keep("k", "y"), "ACCEPTED"],
    ]);
    expect(fixture.entry("k")).toMatchObject({ state: rows.ENTRY_CONFIRMED, operator: "B" });
  });
});

describe("what operators differ on", () => {
  const listed = (fixture: Fixture): string[] =>
    fixture.state
      .contested(fixture.state.sequence, new Uint8Array(0), 10)
      .rows.map(({ name }) => name)
      .toSorted();

  it("is listed as long as they differ, disputed or not, also after a restart", () => {
    const fixture = play([
      ["ann", put("same", "x"), "ACCEPTED"],
      ["bob", put("same", "x"), "ACCEPTED"],
      ["ann", put("served", "x"), "ACCEPTED"],
      ["bob", put("served", "y"), "DIFFERS"],
      ["ann", put("pending", "x", pair), "PENDING"],
      ["bob", put("pending", "y", pair), "PENDING"],
      ["ann", put("over", "x"), "ACCEPTED"],
      ["bob", put("over", "y"), "DIFFERS"],
      ["root", keep("over", "x"), "ACCEPTED"],
    ]);
    expect(listed(fixture)).toEqual(["pending", "served"]);
    fixture.restart();
    expect(listed(fixture)).toEqual(["pending", "served"]);
  });

  it("comes page by page", () => {
    const fixture = new Fixture();
    const names = Array.from({ length: 5 }, (_, at) => `k${at}`);
    for (const name of names) fixture.write("ann", put(name, "x"));
    for (const name of names) fixture.write("bob", put(name, "y"));
    const seen: string[] = [];
    for (let after: Uint8Array = new Uint8Array(0); ;) {
      const page = fixture.state.contested(fixture.state.sequence, after, 2);
      seen.push(...page.rows.map(({ name }) => name));
      if (!page.more) break;
      after = page.rows.at(-1)!.key;
    }
    expect(seen.toSorted()).toEqual(names);
  });
});

describe("a revoked writer", () => {
  it("writes no more, and what only it vouched for is withdrawn", () => {
    const fixture = play([
      ["ann", put("alone", "x"), "ACCEPTED"],
      ["ann", put("shared", "x#ann"), "ACCEPTED"],
      ["bob", put("shared", "x#bob"), "ACCEPTED"],
      ["ann", put("shared", "x#ann"), "ACCEPTED"],
      ["bob", put("foreign", "x"), "ACCEPTED"],
      ["ann", put("waiting", "x", pair), "PENDING"],
      ["root", revoke("ann"), "ACCEPTED"],
      ["ann", put("late", "x"), "NOT_ENROLLED"],
    ]);
    const { ENTRY_CONFIRMED: served, ENTRY_WITHDRAWN: withdrawn } = rows;
    expect(states(fixture, ["alone", "shared", "foreign"])).toEqual([withdrawn, served, served]);
    expect(states(fixture, ["waiting"], "pair")).toEqual([0]);
    const { operator, valueDigest } = fixture.entry("shared")!;
    expect([operator, toHex(valueDigest)]).toEqual([
      "B",
      toHex(put("shared", "x#bob").valueDigest!),
    ]);
  });

  it("leaves alone what another key of its operator vouched for", () => {
    const fixture = play([
      ["ann", put("one", "x"), "ACCEPTED"],
      ["ann2", put("two", "x"), "ACCEPTED"],
      ["root", revoke("ann"), "ACCEPTED"],
    ]);
    idle(fixture);
    expect(states(fixture, ["one", "two"])).toEqual([rows.ENTRY_WITHDRAWN, rows.ENTRY_CONFIRMED]);
  });

  it("ends the dispute that needed its vote", () => {
    const fixture = play([
      ["ann", put("k", "x"), "ACCEPTED"],
      ["bob", put("k", "y"), "DIFFERS"],
      ["cat", put("k", "y"), "DISPUTED"],
      ["root", revoke("cat"), "ACCEPTED"],
    ]);
    idle(fixture);
    expect(fixture.entry("k")).toMatchObject({ state: rows.ENTRY_CONFIRMED, operator: "A" });
  });

  it("keeps a dispute in which its vote was not needed", () => {
    const fixture = play([
      ["ann", put("k", "x"), "ACCEPTED"],
      ["bob", put("k", "y"), "DIFFERS"],
      ["cat", put("k", "y"), "DISPUTED"],
      ["root", revoke("ann"), "ACCEPTED"],
    ]);
    idle(fixture);
    expect(fixture.entry("k")?.state).toBe(rows.ENTRY_DISPUTED);
  });

  it("is not enrolled again before its votes are gone; then it begins anew", () => {
    const fixture = play([["ann", put("k", "x"), "ACCEPTED"]]);
    fixture.execute([writeSet("root", [revoke("ann"), enrol("ann", "A", "solo"), revoke("ann")])]);
    expect(fixture.entry("k")?.state).toBe(rows.ENTRY_CONFIRMED);
    idle(fixture);
    play(
      [
        ["root", enrol("ann", "A", "solo"), "ACCEPTED"],
        ["ann", put("k", "x"), "ACCEPTED"],
      ],
      fixture,
    );
  });

  it("is reported as pending until its votes are gone", () => {
    const goOn = administer({ action: 7, subject: keyOf("ann") });
    const fixture = play([["ann", put("k", "x"), "ACCEPTED"]]);
    const [asked] = fixture.execute([writeSet("root", [revoke("ann"), goOn])]).writeSets;
    expect(asked?.result?.outcomes).toEqual([{ index: 1, code: 32 }]);
    play(
      [
        ["root", goOn, "ACCEPTED"],
        ["ann2", goOn, "NOT_ADMINISTRATOR"],
      ],
      fixture,
    );
  });

  it("costs each execution a bounded number of entries, restarts or not", () => {
    const count = 3 * REVOCATION_SWEEP_COUNT_MAX;
    const straight = new Fixture();
    const restarted = new Fixture();
    const served = (fixture: Fixture): number =>
      Array.from({ length: count }, (_, at) => fixture.entry(`k${at}`)).filter(
        (entry) => entry?.state === rows.ENTRY_CONFIRMED,
      ).length;
    const puts = Array.from({ length: count }, (_, at) => put(`k${at}`, "x"));
    for (const fixture of [straight, restarted]) {
      for (let at = 0; at < count; at += 200) {
        fixture.execute([writeSet("ann", puts.slice(at, at + 200), { counter: 1 + at })]);
      }
    }
    const order = writeSet("root", [revoke("ann")]);
    for (const fixture of [straight, restarted]) fixture.execute([order]);
    const left: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      idle(straight);
      idle(restarted);
      restarted.restart();
      expect(restarted.state.stateRoot).toEqual(straight.state.stateRoot);
      left.push(served(restarted));
    }
    expect(left).toEqual([2048, 1024, 0, 0, 0]);
    const mark = revokedWriterStateKey(keyOf("ann"));
    expect(straight.state.rowAt(straight.state.sequence, mark)).toBeUndefined();
  });
});

describe("what the checkers accepted", () => {
  const proof = (value: string, more: Partial<Write> = {}): Write =>
    put("k", value, { kind: "proof/1", ...more });

  it("is served whatever the namespace asks of operators, and graded as checked", () => {
    const fixture = play([
      ["ann", proof("x", pair), "ACCEPTED"],
      ["bob", proof("x#other bytes", pair), "ACCEPTED"],
    ]);
    expect(fixture.entry("k", "pair")).toMatchObject({
      ...{ state: rows.ENTRY_CONFIRMED, grade: rows.GRADE_CHECKED, confidencePercent: 99 },
      ...{ version: 1, operator: "B" },
    });
  });

  it("never rides inside its write set, where no checker runs before the vote", () => {
    const fixture = play([["ann", proof("x", { inline: true }), "MALFORMED"]]);
    expect(fixture.entry("k")).toBeUndefined();
  });

  it("takes the place of what nobody checked: no key can be kept from its proof", () => {
    const fixture = play([
      ["eve", put("k", "squat", { namespace: "eve" }), "ACCEPTED"],
      ["eve", proof("x", { namespace: "eve", succeeds: 1 }), "STALE_VERSION"],
      ["eve", proof("x", { namespace: "eve" }), "ACCEPTED"],
      ["eve", put("k", "squat", { namespace: "eve" }), "DIFFERS"],
      ["eve", put("k", "squat", { namespace: "eve", kind: "manifest/1", succeeds: 2 }), "DIFFERS"],
    ]);
    expect(fixture.entry("k", "eve")).toMatchObject({ version: 2, kind: "proof/1" });
    expect(fixture.entry("k", "eve")?.votes).toHaveLength(1);
  });

  it("takes the place of votes that wait for others, too", () => {
    const fixture = play([
      ["ann", put("k", "squat", pair), "PENDING"],
      ["bob", proof("x", pair), "ACCEPTED"],
    ]);
    expect(fixture.entry("k", "pair")).toMatchObject({ version: 1, kind: "proof/1" });
  });

  it("is never disputed: a set with further proofs names the one that it succeeds", () => {
    const fixture = play([
      ["ann", proof("x"), "ACCEPTED"],
      ["bob", proof("x and y"), "STALE_VERSION"],
      ["bob", proof("x and y", { succeeds: 1 }), "ACCEPTED"],
      ["ann", proof("x", { succeeds: 1 }), "STALE_VERSION"],
    ]);
    expect(fixture.entry("k")).toMatchObject({ version: 2, state: rows.ENTRY_CONFIRMED });
  });

  it("leaves when the last operator that put it withdraws", () => {
    const fixture = play([
      ["ann", proof("x", pair), "ACCEPTED"],
      ["bob", proof("x", pair), "ACCEPTED"],
      ["bob", withdraw("k", pair), "ACCEPTED"],
    ]);
    expect(fixture.entry("k", "pair")).toMatchObject({ state: rows.ENTRY_CONFIRMED, grade: 4 });
    play([["ann", withdraw("k", pair), "ACCEPTED"]], fixture);
    expect(fixture.entry("k", "pair")).toMatchObject({ state: rows.ENTRY_WITHDRAWN });
  });
});
