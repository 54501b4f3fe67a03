import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { toHex } from "../../base/bytes.ts";
import { hlcAddMs, hlcNext } from "../../base/hlc.ts";
import { Prng } from "../../base/prng.ts";
import type { Hash, Hlc, Sequence } from "../../base/types.ts";
import { keyOfName } from "../hashing.ts";
import { HISTORY_LENGTH, PIN_COUNT_MAX, SWEEP_COUNT_MAX } from "../limits.ts";
import { verifyMapProof } from "../map/map-proof.ts";
import type { MapTransfer } from "../map/map-transfer.ts";
import { MemoryRowStore } from "../map/memory-row-store.ts";
import { rowHash } from "../map/node-hash.ts";
import { entryStateKey, historyStateKey } from "../map/state-keys.ts";
import { AuthenticatedMap } from "../map/trie.ts";
import { historyRowCodec } from "../wire/rows.ts";
import type { CheckedWriteSet } from "../checked.ts";
import type { Statement } from "../wire/certificate.ts";
import type { Write } from "../wire/write-set.ts";
import { State } from "./state.ts";
import {
  Fixture,
  administer,
  batch,
  genesis,
  hash,
  keyOf,
  put,
  rules,
  start,
  withdraw,
  writeSet,
} from "./state.case.ts";

/** Batches of every kind of write over few keys, the same for the same seed. */
function randomBatches(seed: number, count: number): (readonly CheckedWriteSet[])[] {
  const prng = new Prng(seed);
  const pick = <T>(of: readonly T[]): T => of[prng.below(of.length)]!;
  const write = (): Write => {
    const name = `k${prng.below(12)}`;
    const namespace = pick(["solo", "pair", "trio"]);
    const more = { namespace, ttlMs: prng.chance(0.3) ? 1 + prng.below(40) : 0 };
    if (prng.chance(0.15)) return withdraw(name, { namespace });
    if (prng.chance(0.05)) {
      return administer({ action: 4, key: keyOfName(hash, name) }, { namespace });
    }
    if (prng.chance(0.05)) {
      const keep = put(name, pick(["x", "y"])).semanticDigest;
      const key = keyOfName(hash, name);
      return administer({ action: 6, key, semanticDigest: keep }, { namespace });
    }
    if (prng.chance(0.06)) {
      const trusted = pick([[], [], ["A", "B", "C"]]);
      const bounds = { ttlMsMax: pick([0, 30]), quotaBytes: pick([0, 6]) };
      return administer(
        { action: 3, confirmations: 1 + prng.below(2), trusted, ...bounds },
        {
          namespace,
        },
      );
    }
    const subject = keyOf(pick(["ann", "bob"]));
    if (prng.chance(0.03)) return administer({ action: 5, subject });
    if (prng.chance(0.05)) {
      return administer({ action: 1, subject, operator: pick(["A", "B"]), namespaces: ["*"] });
    }
    const succeeds = prng.below(3);
    const versioned = prng.chance(0.3) ? { kind: "manifest/1", succeeds } : {};
    return put(name, `${pick(["x", "y"])}#${prng.below(2)}`, { ...more, ...versioned });
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: prng.below(4) }, () =>
      writeSet(
        pick(["ann", "bob", "cat", "dan", "root"]),
        Array.from({ length: 1 + prng.below(4) }, write),
        { session: new Uint8Array(16).fill(prng.below(3)) },
      ),
    ),
  );
}

const roots = (state: State, batches: readonly (readonly CheckedWriteSet[])[]): string[] =>
  batches.map((sets, at) => toHex(state.execute(batch(sets, hlcAddMs(start, 10 * at))).stateRoot));

function rebuiltRoot(store: MemoryRowStore): Hash {
  const map = new AuthenticatedMap(hash);
  for (const [key, row] of store.entries()) map.set(key, rowHash(hash, row));
  return map.commit().root;
}

function statementOf(state: State): Statement {
  const { sequence, stateRoot, agreedTime } = state;
  return { epoch: 0 as Statement["epoch"], sequence, stateRoot, agreedTime };
}

/** Answers everything that a transfer asks, from one source. */
function carryOut(transfer: MapTransfer, source: State): number {
  let requests = 0;
  for (let request = transfer.next(); request !== undefined; request = transfer.next()) {
    requests++;
    if (request.type === "nodes") transfer.acceptNodes(source.answerNodes(request.fetch));
    else transfer.acceptRows(source.answerRows(request.fetch));
    transfer.abandon(request);
  }
  return requests;
}

describe("equal batches lead to equal roots", () => {
  it("on two replicas, and the root is that of the rows in the store", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const batches = randomBatches(seed, 12);
        const one = new Fixture();
        const other = new Fixture();
        expect(roots(one.state, batches)).toEqual(roots(other.state, batches));
        expect(one.state.stateRoot).toEqual(rebuiltRoot(one.store));
      }),
      { numRuns: 30 },
    );
  });

  it("with a restart before any batch", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 11 }), (seed, at) => {
        const batches = randomBatches(seed, 12);
        const straight = roots(new Fixture().state, batches);
        const fixture = new Fixture();
        const before = roots(fixture.state, batches.slice(0, at));
        fixture.restart();
        const after = batches
          .slice(at)
          .map((sets, index) =>
            toHex(fixture.state.execute(batch(sets, hlcAddMs(start, 10 * (at + index)))).stateRoot),
          );
        expect([...before, ...after]).toEqual(straight);
      }),
      { numRuns: 30 },
    );
  });

  it("with a state transfer in place of any batches", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(10), fc.nat(10), (seed, one, other) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other) + 1];
        const batches = randomBatches(seed, 12);
        const source = new Fixture();
        roots(source.state, batches.slice(0, to));
        const fixture = new Fixture();
        roots(fixture.state, batches.slice(0, from));
        const transfer = fixture.state.beginTransfer(statementOf(source.state));
        carryOut(transfer, source.state);
        fixture.state.finishTransfer(transfer);
        expect(rebuiltRoot(fixture.store)).toEqual(source.state.stateRoot);
        expect(fixture.state.entryCount).toBe(source.state.entryCount);
        for (const sets of batches.slice(to)) {
          source.execute(sets, 500);
          fixture.execute(sets, 500);
          expect(fixture.state.stateRoot).toEqual(source.state.stateRoot);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("and a store whose rows do not lead to its root is not opened", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x"));
    expect(State.open(rules, fixture.store, new Uint8Array(32) as Hash)).toBeUndefined();
    expect(State.open(rules, new MemoryRowStore(), fixture.state.stateRoot)).toBeUndefined();
  });
});

describe("agreed time", () => {
  const after = (proposed: Hlc | undefined): Hlc => {
    const { state } = new Fixture();
    state.execute(proposed === undefined ? undefined : batch([], proposed));
    return state.agreedTime;
  };
  it.each([
    ["is the proposed time", hlcAddMs(start, 5), hlcAddMs(start, 5)],
    ["is one tick later than the one before when less is proposed", 0n as Hlc, hlcNext(start)],
    ["takes one tick for a null request", undefined, hlcNext(start)],
    ["never runs out", ((1n << 64n) - 1n) as Hlc, hlcNext(start)],
  ])("%s", (_name, proposed, expected) => expect(after(proposed)).toBe(expected));
});

describe("a sequence that is retained", () => {
  it("shows its rows and proofs whatever came after, until it is released", () => {
    const fixture = new Fixture();
    const key = (name: string): Uint8Array => entryStateKey(hash, "solo", keyOfName(hash, name));
    const seen = new Map<Sequence, { root: Hash; rows: Map<string, Uint8Array | undefined> }>();
    for (const [at, sets] of randomBatches(7, 40).entries()) {
      fixture.execute(sets, 10 * at);
      const { state } = fixture;
      const rows = new Map(
        Array.from({ length: 12 }, (_, each) => [`k${each}`, fixture.store.get(key(`k${each}`))]),
      );
      seen.set(state.sequence, { root: state.stateRoot, rows });
    }
    const { state } = fixture;
    const check = (sequence: Sequence): void => {
      const { root, rows } = seen.get(sequence)!;
      for (const [name, row] of rows) {
        expect(state.rowAt(sequence, key(name))).toEqual(row);
        const verdict = verifyMapProof(hash, root, key(name), state.proofAt(sequence, key(name))!);
        expect(verdict).toEqual(
          row === undefined ? { present: false } : { present: true, rowHash: rowHash(hash, row) },
        );
      }
    };
    for (const sequence of seen.keys()) check(sequence);
    expect(state.pin(5 as Sequence)).toBe(true);
    state.release(20 as Sequence);
    for (const sequence of seen.keys()) {
      expect(state.retains(sequence)).toBe(sequence === 5 || sequence >= 20);
      if (state.retains(sequence)) check(sequence);
    }
    expect(state.proofAt(6 as Sequence, key("k1"))).toBeUndefined();
    state.unpin(5 as Sequence);
    expect(state.retains(5 as Sequence)).toBe(false);
    check(20 as Sequence);
  });

  it("is pinned for a bounded number of transfers", () => {
    const { state } = new Fixture();
    for (let count = 0; count < PIN_COUNT_MAX + 1; count++) state.execute(undefined);
    const pinned = Array.from({ length: PIN_COUNT_MAX + 1 }, (_, at) => state.pin(at as Sequence));
    expect(pinned.filter(Boolean)).toHaveLength(PIN_COUNT_MAX);
    expect(state.pin(999 as Sequence)).toBe(false);
  });

  it("stands in the history rows of its successors, for as long as the window is", () => {
    const { state } = new Fixture();
    const past: Hash[] = [];
    for (let count = 0; count < HISTORY_LENGTH + 3; count++) {
      past.push(state.stateRoot);
      state.execute(undefined);
      state.release(state.sequence);
    }
    const at = (sequence: number): Uint8Array | undefined =>
      state.rowAt(state.sequence, historyStateKey(sequence as Sequence));
    expect(historyRowCodec.decode(at(100)!).stateRoot).toEqual(past[100]);
    expect(at(HISTORY_LENGTH + 2)).toBeDefined();
    expect([at(0), at(1), at(2), at(3) === undefined]).toEqual([
      undefined,
      undefined,
      undefined,
      false,
    ]);
  });
});

describe("due entries", () => {
  it("are swept so many at a time, in the order of their ends", () => {
    const fixture = new Fixture();
    const names = Array.from({ length: SWEEP_COUNT_MAX + 10 }, (_, at) => `n${at}`);
    const writes = names.map((name, at) => put(name, "x", { ttlMs: 1000 - at }));
    fixture.execute([writeSet("ann", writes)]);
    fixture.execute([], 5000);
    expect(fixture.state.entryCount).toBe(10);
    expect(fixture.entry("n0")).toBeDefined();
    fixture.execute([], 5001);
    expect(fixture.state.entryCount).toBe(0);
  });
});

describe("a listing", () => {
  const fixture = new Fixture();
  const names = ["a/1", "a/2", "a/3", "b/1", "\u{ffff}", "\u{10000}"];
  fixture.execute([
    writeSet(
      "ann",
      names.map((name) => put(name, "x")),
    ),
  ]);
  const before = fixture.state.sequence;
  fixture.write("ann", put("a/4", "x"));
  fixture.write("ann", put("pending", "x", { namespace: "pair" }));
  const list = (query: Partial<Parameters<State["list"]>[0]>): [string[], boolean] => {
    const { sequence } = fixture.state;
    const whole = { sequence, namespace: "solo", prefix: "", after: "", limit: 100, ...query };
    const { rows, more } = fixture.state.list(whole);
    return [rows.map(({ name }) => name), more];
  };

  it.each([
    ["in byte order", {}, ["a/1", "a/2", "a/3", "a/4", "b/1", "\u{ffff}", "\u{10000}"], false],
    ["by prefix", { prefix: "a/" }, ["a/1", "a/2", "a/3", "a/4"], false],
    ["a page at a time", { prefix: "a/", limit: 2 }, ["a/1", "a/2"], true],
    ["after a name", { after: "a/3" }, ["a/4", "b/1", "\u{ffff}", "\u{10000}"], false],
    ["after a name that is not there", { after: "a/2x", limit: 1 }, ["a/3"], true],
    ["as of a sequence", { sequence: before, prefix: "a/" }, ["a/1", "a/2", "a/3"], false],
    ["of nothing", { namespace: "none" }, [], false],
    ["without what is not confirmed", { namespace: "pair" }, [], false],
  ])("is %s", (_name, query, expected, more) => expect(list(query)).toEqual([expected, more]));

  it("is the same after a restart", () => {
    const straight = list({});
    fixture.restart();
    expect(list({})).toEqual(straight);
  });
});

describe("policy", () => {
  const outcomes = (...steps: [string, Write][]): number[] => {
    const fixture = new Fixture();
    return steps.map(([writer, write]) => fixture.write(writer, write));
  };
  const enrol = (name: string, ...namespaces: string[]): Write =>
    administer({ action: 1, subject: keyOf(name), operator: "N", namespaces });
  const retire = (name: string): Write => administer({ action: 2, subject: keyOf(name) });
  const badKey = new Uint8Array(32) as ReturnType<typeof keyOf>;

  it.each([
    [
      "enrols a writer where it may write",
      [
        ["root", enrol("new", "solo")],
        ["new", put("k", "x")],
        ["new", put("k", "x", { namespace: "pair" })],
      ],
      [0, 0, 37],
    ],
    [
      "retires a writer",
      [
        ["root", retire("ann")],
        ["ann", put("k", "x")],
      ],
      [0, 1],
    ],
    ["refuses to retire a stranger", [["root", retire("stranger")]], [44]],
    [
      "narrows a writer",
      [
        ["root", enrol("ann", "pair")],
        ["ann", put("k", "x")],
      ],
      [0, 37],
    ],
    [
      "raises a namespace's bar",
      [
        ["root", administer({ action: 3, confirmations: 2 }, { namespace: "solo" })],
        ["ann", put("k", "x")],
      ],
      [0, 32],
    ],
    [
      "refuses a bar of nothing",
      [["root", administer({ action: 3 }, { namespace: "solo" })]],
      [40],
    ],
    [
      "takes orders from administrators only",
      [
        ["ann", enrol("new", "solo")],
        ["ann", retire("bob")],
      ],
      [38, 38],
    ],
    [
      "refuses keys that are not admissible",
      [["root", administer({ action: 1, subject: badKey, operator: "N" })]],
      [43],
    ],
    ["refuses what is no namespace", [["root", enrol("new", "No")]], [40]],
    [
      "refuses a writer without an operator",
      [["root", administer({ action: 1, subject: keyOf("new") })]],
      [40],
    ],
    [
      "refuses what it does not know",
      [
        ["root", administer({})],
        ["root", administer({}, { administration: Uint8Array.of(255) })],
      ],
      [40, 40],
    ],
  ] as [string, [string, Write][], number[]][])("%s", (_name, steps, expected) => {
    expect(outcomes(...steps)).toEqual(expected);
  });

  it("holds across restarts and begins with genesis", () => {
    const fixture = new Fixture();
    fixture.write("root", enrol("new", "solo"));
    fixture.write("root", retire("bob"));
    fixture.restart();
    expect(fixture.write("new", put("k", "x"))).toBe(0);
    expect(fixture.write("bob", put("k", "x"))).toBe(1);
    expect(genesis.writers.length).toBe(7);
  });
});
