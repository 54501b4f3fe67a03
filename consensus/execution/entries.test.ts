import { describe, expect, it } from "vitest";
import { keyOfName } from "../hashing.ts";
import { revocationHeadStateKey, revocationStateKey } from "../map/state-keys.ts";
import * as rows from "../wire/rows.ts";
import type { Write } from "../wire/write-set.ts";
import { outcomeText } from "./outcomes.ts";
import { Fixture, administer, hash, put, withdraw } from "./state.case.ts";

/** who, what, OUTCOME name, then "state version answer confidence" of the entry after it. */
type Step = readonly [string, Write, string, string];

const STATES = ["", "pending", "confirmed", "disputed", "withdrawn"];
const REASONS = ["", "withdrawal", "dispute", "succession", "early end", "policy"];
const answers = ["x", "y", "z"];
const nameOf = (digest: Uint8Array, digestOf: (value: string) => Uint8Array): string =>
  answers.find((value) => hash(digestOf(value)).every((byte, at) => byte === digest[at])) ?? "?";

function describeEntry(entry: rows.EntryRow | undefined): string {
  if (entry === undefined) return "absent";
  const answer = nameOf(entry.semanticDigest, (value) => new TextEncoder().encode(value));
  const served = `${STATES[entry.state]} ${entry.version} ${answer} ${entry.confidencePercent}`;
  return entry.state === rows.ENTRY_PENDING ? "pending" : served;
}

function reasonsOf({ state }: Fixture): string[] {
  const head = state.rowAt(state.sequence, revocationHeadStateKey());
  const count = head === undefined ? 0 : rows.revocationHeadCodec.decode(head).count;
  return Array.from({ length: count }, (_, index) => {
    const record = state.rowAt(state.sequence, revocationStateKey(index))!;
    return REASONS[rows.revocationRecordCodec.decode(record).reason]!;
  });
}

const pair = { namespace: "pair" };
const trio = { namespace: "trio" };
const manifest = { kind: "manifest/1" };
const outright = (more: Partial<Write> = {}): Write =>
  administer({ action: 4, key: keyOfName(hash, "k") }, more);
const x = (more: Partial<Write> = {}): Write => put("k", "x", more);
const y = (more: Partial<Write> = {}): Write => put("k", "y", more);
const z = (more: Partial<Write> = {}): Write => put("k", "z", more);
const v = (value: string, succeeds: number, more: Partial<Write> = {}): Write =>
  put("k", value, { ...manifest, succeeds, ...more });

const TABLES: readonly (readonly [string, readonly Step[], readonly string[]])[] = [
  [
    "one operator confirms where k is 1; the second raises the grade",
    [
      ["ann", x(), "ACCEPTED", "confirmed 1 x 30"],
      ["bob", x(), "ACCEPTED", "confirmed 1 x 64"],
      ["cat", x(), "ACCEPTED", "confirmed 1 x 78"],
      ["dan", x(), "ACCEPTED", "confirmed 1 x 87"],
    ],
    [],
  ],
  [
    "an operator counts once, whatever its keys and however often",
    [
      ["ann", x(pair), "PENDING", "pending"],
      ["ann", x(pair), "PENDING", "pending"],
      ["ann2", x(pair), "PENDING", "pending"],
      ["bob", x(pair), "ACCEPTED", "confirmed 1 x 64"],
      ["ann2", x(pair), "ACCEPTED", "confirmed 1 x 64"],
    ],
    [],
  ],
  [
    "an operator that changes its mind takes its vote along while nothing is confirmed",
    [
      ["ann", x(trio), "PENDING", "pending"],
      ["ann", y(trio), "PENDING", "pending"],
      ["bob", x(trio), "PENDING", "pending"],
      ["cat", x(trio), "PENDING", "pending"],
      ["dan", x(trio), "ACCEPTED", "confirmed 1 x 78"],
    ],
    [],
  ],
  [
    "a differing answer below the rule changes nothing served",
    [
      ["ann", x(pair), "PENDING", "pending"],
      ["bob", x(pair), "ACCEPTED", "confirmed 1 x 64"],
      ["cat", y(pair), "DIFFERS", "confirmed 1 x 64"],
      ["cat", z(pair), "DIFFERS", "confirmed 1 x 64"],
      ["dan", y(pair), "DIFFERS", "confirmed 1 x 64"],
    ],
    [],
  ],
  [
    "two answers that both meet the rule are a dispute that only an operator key ends",
    [
      ["ann", x(pair), "PENDING", "pending"],
      ["bob", x(pair), "ACCEPTED", "confirmed 1 x 64"],
      ["cat", y(pair), "DIFFERS", "confirmed 1 x 64"],
      ["dan", y(pair), "DISPUTED", "disputed 1 x 0"],
      ["ann", x(pair), "DISPUTED", "disputed 1 x 0"],
      ["ann", withdraw("k", pair), "DISPUTED", "disputed 1 x 0"],
      ["ann", outright(pair), "NOT_ADMINISTRATOR", "disputed 1 x 0"],
      ["root", outright(pair), "ACCEPTED", "withdrawn 1 x 0"],
    ],
    ["dispute", "withdrawal"],
  ],
  [
    "where k is 1 no writer alone takes a confirmed key out of service; two operators dispute it",
    [
      ["ann", x(), "ACCEPTED", "confirmed 1 x 30"],
      ["ann", y(), "DIFFERS", "confirmed 1 x 30"],
      ["bob", y(), "DISPUTED", "disputed 1 x 0"],
    ],
    ["dispute"],
  ],
  [
    "nor do all the keys of one operator",
    [
      ["bob", x(), "ACCEPTED", "confirmed 1 x 30"],
      ["ann", y(), "DIFFERS", "confirmed 1 x 30"],
      ["ann2", y(), "DIFFERS", "confirmed 1 x 30"],
    ],
    [],
  ],
  [
    "the operator may name which answer returns",
    [
      ["ann", x(), "ACCEPTED", "confirmed 1 x 30"],
      ["bob", y(), "DIFFERS", "confirmed 1 x 30"],
      ["cat", y(), "DISPUTED", "disputed 1 x 0"],
      ["root", outright({ semanticDigest: y().semanticDigest }), "ACCEPTED", "withdrawn 1 y 0"],
      ["bob", y(), "ACCEPTED", "confirmed 1 y 30"],
    ],
    ["dispute", "withdrawal"],
  ],
  [
    "a tombstone lets the same answer return and disputes with a different one",
    [
      ["ann", x(), "ACCEPTED", "confirmed 1 x 30"],
      ["ann", withdraw("k"), "ACCEPTED", "withdrawn 1 x 0"],
      ["bob", x(), "ACCEPTED", "confirmed 1 x 30"],
      ["bob", withdraw("k"), "ACCEPTED", "withdrawn 1 x 0"],
      ["bob", y(), "DISPUTED", "disputed 1 x 0"],
    ],
    ["withdrawal", "withdrawal", "dispute"],
  ],
  [
    "below the rule a different answer leaves a tombstone alone",
    [
      ["ann", x(pair), "PENDING", "pending"],
      ["bob", x(pair), "ACCEPTED", "confirmed 1 x 64"],
      ["bob", withdraw("k", pair), "ACCEPTED", "withdrawn 1 x 0"],
      ["cat", y(pair), "WITHDRAWN", "withdrawn 1 x 0"],
      ["bob", x(pair), "ACCEPTED", "confirmed 1 x 64"],
    ],
    ["withdrawal"],
  ],
  [
    "a withdrawal takes its own operator's votes, and the entry only if the rest does not confirm",
    [
      ["ann", x(), "ACCEPTED", "confirmed 1 x 30"],
      ["bob", x(), "ACCEPTED", "confirmed 1 x 64"],
      ["cat", withdraw("k"), "NOTHING_TO_WITHDRAW", "confirmed 1 x 64"],
      ["bob", withdraw("k"), "ACCEPTED", "confirmed 1 x 30"],
      ["ann2", withdraw("k"), "ACCEPTED", "withdrawn 1 x 0"],
      ["ann", withdraw("k"), "NOTHING_TO_WITHDRAW", "withdrawn 1 x 0"],
    ],
    ["withdrawal"],
  ],
  [
    "a pending entry without votes is gone, and leaves nothing that could dispute",
    [
      ["ann", x(pair), "PENDING", "pending"],
      ["bob", withdraw("k", pair), "NOTHING_TO_WITHDRAW", "pending"],
      ["ann", withdraw("k", pair), "ACCEPTED", "absent"],
      ["ann", withdraw("k", pair), "NOTHING_TO_WITHDRAW", "absent"],
      ["root", outright(pair), "NOTHING_TO_WITHDRAW", "absent"],
    ],
    [],
  ],
  [
    "in a versioned class an answer succeeds by naming the current version",
    [
      ["ann", v("x", 1), "STALE_VERSION", "absent"],
      ["ann", v("x", 0), "ACCEPTED", "confirmed 1 x 30"],
      ["bob", v("y", 0), "STALE_VERSION", "confirmed 1 x 30"],
      ["bob", v("y", 1), "ACCEPTED", "confirmed 2 y 30"],
      ["ann", v("z", 1), "STALE_VERSION", "confirmed 2 y 30"],
      ["ann", v("y", 1), "ACCEPTED", "confirmed 2 y 64"],
      ["ann", v("x", 2), "ACCEPTED", "confirmed 3 x 30"],
    ],
    ["succession", "succession"],
  ],
  [
    "on succession all votes for earlier versions are void",
    [
      ["ann", v("x", 0, pair), "PENDING", "pending"],
      ["bob", v("x", 0, pair), "ACCEPTED", "confirmed 1 x 64"],
      ["ann", v("y", 1, pair), "DIFFERS", "confirmed 1 x 64"],
      ["cat", v("z", 1, pair), "DIFFERS", "confirmed 1 x 64"],
      ["bob", v("y", 1, pair), "ACCEPTED", "confirmed 2 y 64"],
      ["dan", v("z", 1, pair), "STALE_VERSION", "confirmed 2 y 64"],
      ["dan", v("z", 2, pair), "DIFFERS", "confirmed 2 y 64"],
      ["cat", v("z", 2, pair), "ACCEPTED", "confirmed 3 z 64"],
    ],
    ["succession", "succession"],
  ],
  [
    "a withdrawn version is succeeded like any other",
    [
      ["ann", v("x", 0), "ACCEPTED", "confirmed 1 x 30"],
      ["ann", withdraw("k"), "ACCEPTED", "withdrawn 1 x 0"],
      ["ann", v("y", 0), "STALE_VERSION", "withdrawn 1 x 0"],
      ["ann", v("y", 1), "ACCEPTED", "confirmed 2 y 30"],
    ],
    ["withdrawal"],
  ],
  [
    "the class of what stands decides: a versioned answer never succeeds an immutable one",
    [
      ["ann", x(), "ACCEPTED", "confirmed 1 x 30"],
      ["bob", v("y", 1), "STALE_VERSION", "confirmed 1 x 30"],
      ["bob", v("y", 0), "DIFFERS", "confirmed 1 x 30"],
    ],
    [],
  ],
  [
    "a wrong kind claims no pending key",
    [
      ["dan", v("x", 0, pair), "PENDING", "pending"],
      ["ann", x(pair), "PENDING", "pending"],
      ["bob", x(pair), "ACCEPTED", "confirmed 1 x 64"],
    ],
    [],
  ],
  [
    "what lacks something, or may not be, changes nothing",
    [
      ["ann", x({ kind: "none/1" }), "UNKNOWN_KIND", "absent"],
      ["ann", x({ valueDigest: undefined }), "MALFORMED", "absent"],
      ["ann", x({ semanticDigest: undefined }), "MALFORMED", "absent"],
      ["ann", x({ key: undefined }), "MALFORMED", "absent"],
      ["ann", x({ succeeds: 1 }), "MALFORMED", "absent"],
      ["ann", x({ operation: 0 }), "MALFORMED", "absent"],
      ["ann", x({ namespace: "cache" }), "MALFORMED", "absent"],
      ["eve", x(), "NOT_ALLOWED", "absent"],
      ["eve", withdraw("k"), "NOT_ALLOWED", "absent"],
      ["nobody", x(), "NOT_ENROLLED", "absent"],
    ],
    [],
  ],
];

describe("an entry", () => {
  it.each(TABLES)("%s", (_title, steps, reasons) => {
    const fixture = new Fixture();
    for (const [at, [writer, write, outcome, after]] of steps.entries()) {
      const namespace = write.namespace;
      expect([at, outcomeText(fixture.write(writer, write)).name]).toEqual([at, outcome]);
      expect([at, describeEntry(fixture.entry("k", namespace))]).toEqual([at, after]);
    }
    expect(reasonsOf(fixture)).toEqual(reasons);
  });
});

describe("the bytes served", () => {
  it("are those of the last vote for the answer", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x#1"));
    fixture.write("bob", put("k", "x#2"));
    expect(fixture.entry("k")).toMatchObject({
      valueDigest: put("k", "x#2").valueDigest,
      semanticDigest: put("k", "x#1").semanticDigest,
      operator: "B",
    });
  });

  it("fall back to another vote's when their operator withdraws", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x#1"));
    fixture.write("bob", put("k", "x#2"));
    fixture.write("bob", withdraw("k"));
    expect(fixture.entry("k")).toMatchObject({
      valueDigest: put("k", "x#1").valueDigest,
      operator: "A",
    });
  });

  it("do not change the row when the same vote comes again", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x"));
    const before = fixture.entry("k");
    fixture.write("ann", put("k", "x"));
    expect(fixture.entry("k")).toEqual(before);
  });
});

describe("an end", () => {
  it("makes the key absent from its time on, and the row goes with the sweep", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x", { ttlMs: 1000 }));
    fixture.write("ann", put("other", "x"), 999);
    expect(fixture.entry("k")).toBeDefined();
    fixture.write("ann", put("another", "x"), 1001);
    expect(fixture.entry("k")).toBeUndefined();
  });

  it("frees the key for any other answer in the very execution", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x", { ttlMs: 1000 }));
    expect(fixture.write("bob", put("k", "y"), 2000)).toBe(0);
    expect(fixture.entry("k")?.operator).toBe("B");
    expect(reasonsOf(fixture)).toEqual([]);
  });

  const soon = { ttlMs: 10 };

  it("is brought nearer by the only operator that confirms it, and stands in the log", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x"));
    fixture.write("ann", put("k", "x", soon));
    expect(fixture.entry("k")?.expiry).toBeDefined();
    expect(reasonsOf(fixture)).toEqual(["early end"]);
  });

  it("is not brought nearer while others confirm it, however often one repeats itself", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x"));
    for (const who of ["bob", "bob", "ann", "bob", "ann", "ann"]) {
      expect(fixture.write(who, put("k", "x", soon))).toBe(0);
      expect(fixture.entry("k")?.expiry).toBeUndefined();
    }
    expect(reasonsOf(fixture)).toEqual([]);
  });

  it("is brought nearer by one whose vote is needed, where k is more than one", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x", pair));
    fixture.write("bob", put("k", "x", pair));
    fixture.write("ann", put("k", "x", { ...pair, ...soon }));
    expect(fixture.entry("k", "pair")?.expiry).toBeDefined();
    expect(reasonsOf(fixture)).toEqual(["early end"]);
  });

  it("is not brought nearer by one of more than k, nor by one who joins them", () => {
    const fixture = new Fixture();
    for (const who of ["ann", "bob", "cat"]) fixture.write(who, put("k", "x", pair));
    for (const who of ["ann", "cat", "dan"]) {
      fixture.write(who, put("k", "x", { ...pair, ...soon }));
      fixture.write(who, put("k", "x", { ...pair, ...soon }));
    }
    expect(fixture.entry("k", "pair")?.expiry).toBeUndefined();
    expect(reasonsOf(fixture)).toEqual([]);
  });

  it("is brought nearer again by whom the others have left alone", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x"));
    fixture.write("bob", put("k", "x"));
    fixture.write("ann", withdraw("k"));
    fixture.write("bob", put("k", "x", soon));
    expect(fixture.entry("k")?.expiry).toBeDefined();
  });

  it("is put off by anybody who agrees", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x", { ttlMs: 10 }));
    fixture.write("bob", put("k", "x", { ttlMs: 5000 }));
    fixture.write("cat", put("other", "x"), 20);
    expect(fixture.entry("k")?.confidencePercent).toBe(64);
    expect(reasonsOf(fixture)).toEqual([]);
  });

  it("of a pending entry is the latest that a vote asked for", () => {
    const fixture = new Fixture();
    fixture.write("dan", put("k", "x", { ...pair, ttlMs: 1 }));
    fixture.write("ann", put("k", "x#a", { ...trio, ttlMs: 1 }));
    fixture.write("bob", put("k", "y", { ...pair, ttlMs: 0 }));
    expect(fixture.entry("k", "pair")?.expiry).toBeUndefined();
  });
});
