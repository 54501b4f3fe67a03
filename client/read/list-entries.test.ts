import { beforeEach, describe, expect, it } from "vitest";
import { hlcFromMs } from "../../base/hlc.ts";
import type { Sequence } from "../../base/types.ts";
import type { ListAnswer } from "../../consensus/wire/connection.ts";
import { ENTRY_DISPUTED, ENTRY_PENDING, ENTRY_WITHDRAWN } from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import { FakeWorld, flip } from "../testing/fake-world.ts";

/** What a replica may answer to a list, and what of it is believed. */

const world = FakeWorld.forEachTest();
let rows: Map<string, EntryRow>;

beforeEach(() => {
  const { cluster } = world;
  cluster.state.clear();
  rows = new Map();
  for (const name of ["a/1", "a/2", "a/3", "b/1", "b/2"]) {
    rows.set(name, cluster.addEntry("space", name));
  }
  rows.set("elsewhere", cluster.addEntry("other", "a/4"));
});

/** Rows with their true proofs, in this order. */
function proven(...names: readonly string[]): Pick<ListAnswer, "rows" | "proofs"> {
  const entries = names.map((name) => rows.get(name)!);
  return world.cluster.provenRows(entries[0]?.namespace ?? "space", entries);
}

type ListLie = (answer: ListAnswer) => ListAnswer;

/** Three lie; the last is honest once one of them was caught, so that a lie is always met. */
function threeLie(lie: ListLie): void {
  const { scripts } = world.cluster;
  for (const index of [0, 1, 2]) scripts[index]!.list = lie;
  scripts[3]!.list = (answer) => {
    const isCaught = [0, 1, 2].some((index) => world.liesOf(index).size > 0);
    return isCaught ? answer : { ...answer, ...SAYS_NOTHING };
  };
}

const SAYS_NOTHING = {
  certificate: undefined,
  rows: [],
  proofs: [],
  sequence: 0 as Sequence,
  more: false,
};

const names = (entries: readonly EntryRow[]): string[] => entries.map(({ name }) => name);

describe("a list", () => {
  it("is the entries of a prefix, page by page", async () => {
    const reader = await world.connected();
    const first = await reader.list("space", { prefix: "a/", limit: 2 });
    expect([names(first.entries), first.next]).toEqual([["a/1", "a/2"], "a/2"]);
    const last = await reader.list("space", { prefix: "a/", limit: 2, after: first.next! });
    expect([names(last.entries), last.next]).toEqual([["a/3"], undefined]);
  });

  it.each([
    ["pending", { state: ENTRY_PENDING }],
    ["disputed", { state: ENTRY_DISPUTED }],
    ["withdrawn", { state: ENTRY_WITHDRAWN }],
    ["past its end", { expiry: hlcFromMs(1) }],
  ])("leaves out what is %s, and goes on behind it", async (_what, changes) => {
    world.cluster.addEntry("space", "a/2", changes);
    const page = await (await world.connected()).list("space", { prefix: "a/", limit: 2 });
    expect(names(page.entries)).toEqual(["a/1"]);
    expect(page.next).toBe("a/2");
  });
});

describe("a list refuses", () => {
  const lies: readonly (readonly [string, string, ListLie])[] = [
    [
      "an entry that is not there",
      "wrong-row",
      (answer) => ({ ...answer, rows: answer.rows.with(1, flip(answer.rows[1]!)) }),
    ],
    [
      "an entry under another's proof",
      "forged-proof",
      (answer) => ({ ...answer, rows: answer.rows.with(1, answer.rows[2]!) }),
    ],
    [
      "an entry without a proof of its own",
      "forged-proof",
      (answer) => ({ ...answer, proofs: answer.proofs.with(1, answer.proofs[0]!) }),
    ],
    [
      "an entry of another prefix, proven as it is",
      "wrong-row",
      (answer) => ({ ...answer, ...proven("a/1", "a/2", "a/3", "b/1") }),
    ],
    [
      "only entries of another prefix",
      "wrong-row",
      (answer) => ({ ...answer, ...proven("b/1", "b/2") }),
    ],
    [
      "an entry of another namespace",
      "wrong-row",
      (answer) => ({ ...answer, ...proven("elsewhere") }),
    ],
    ["an entry twice", "wrong-row", (answer) => ({ ...answer, ...proven("a/1", "a/1", "a/2") })],
    ["another order", "wrong-row", (answer) => ({ ...answer, ...proven("a/3", "a/2", "a/1") })],
    [
      "more rows than proofs",
      "garbage",
      (answer) => ({ ...answer, proofs: answer.proofs.slice(1) }),
    ],
    [
      "that there is more, with nothing to go on from",
      "garbage",
      (answer) => ({ ...answer, rows: [], proofs: [], more: true }),
    ],
    [
      "an old root",
      "stale-root",
      (answer) => ({ ...answer, certificate: world.cluster.certificate({ sequence: 4 }) }),
    ],
    [
      "a root that fewer than Q have signed",
      "forged-certificate",
      (answer) => ({
        ...answer,
        certificate: world.cluster.certificate({
          timeMs: world.cluster.timeMs + 1,
          authors: [0, 1],
        }),
      }),
    ],
  ];

  it.each(lies)("%s, and counts %s", async (_what, reason, lie) => {
    threeLie(lie);
    const reader = await world.connected();
    const page = await reader.list("space", { prefix: "a/" });
    expect(names(page.entries)).toEqual(["a/1", "a/2", "a/3"]);
    expect(page.next).toBeUndefined();
    const counted = [0, 1, 2].map((index) => world.liesOf(index).get(reason) ?? 0);
    expect(Math.max(...counted)).toBeGreaterThan(0);
    expect([...world.liesOf(3)]).toEqual([]);
  });

  it("entries from before the page", async () => {
    threeLie((answer) => ({ ...answer, ...proven("a/1", "a/2", "a/3") }));
    const page = await (await world.connected()).list("space", { prefix: "a/", after: "a/2" });
    expect(names(page.entries)).toEqual(["a/3"]);
  });

  it("more entries than were asked for", async () => {
    threeLie((answer) => ({ ...answer, ...proven("a/1", "a/2", "a/3"), more: false }));
    const page = await (await world.connected()).list("space", { prefix: "a/", limit: 2 });
    expect(names(page.entries)).toEqual(["a/1", "a/2"]);
    expect(page.next).toBe("a/2");
  });
});

describe("what a list does not prove", () => {
  it("that none was left out: a shorter list is believed, and each of its rows holds", async () => {
    for (const script of world.cluster.scripts) {
      script.list = (answer) => ({ ...answer, ...proven("a/1", "a/3") });
    }
    const reader = await world.connected();
    const page = await reader.list("space", { prefix: "a/" });
    expect(names(page.entries)).toEqual(["a/1", "a/3"]);
    for (const index of [0, 1, 2, 3]) expect([...world.liesOf(index)]).toEqual([]);
    // Who must know asks for the entry itself, whose absence nobody can claim.
    expect((await reader.get("space", "a/2")).status).toBe("hit");
  });
});
