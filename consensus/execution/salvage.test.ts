import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Prng } from "../../base/prng.ts";
import type { Sequence } from "../../base/types.ts";
import { keyOfName } from "../hashing.ts";
import type { CheckedWriteSet } from "../checked.ts";
import type { MapTransfer } from "../map/map-transfer.ts";
import { MemoryRowStore } from "../map/memory-row-store.ts";
import { rowHash } from "../map/node-hash.ts";
import { entryStateKey } from "../map/state-keys.ts";
import { AuthenticatedMap } from "../map/trie.ts";
import { State } from "./state.ts";
import { Fixture, administer, hash, put, rules, withdraw, writeSet } from "./state.case.ts";

const WRITERS = ["ann", "bob", "cat", "dan", "root"];

/** The same for the same seed. */
function batches(seed: number, count: number): (readonly CheckedWriteSet[])[] {
  const prng = new Prng(seed);
  return Array.from({ length: count }, () => {
    const namespace = prng.chance(0.5) ? "solo" : "pair";
    const name = `k${prng.below(30)}`;
    const write = prng.chance(0.2)
      ? withdraw(name, { namespace })
      : prng.chance(0.1)
        ? administer({ action: 3, confirmations: 2 }, { namespace: `space-${prng.below(3)}` })
        : put(name, `${prng.below(2)}`, { namespace, ttlMs: prng.below(2) * 400 });
    return [writeSet(WRITERS[prng.below(WRITERS.length)]!, [write])];
  });
}

function fixtureOf(sets: readonly (readonly CheckedWriteSet[])[]): Fixture {
  const fixture = new Fixture();
  for (const [at, each] of sets.entries()) fixture.execute(each, 100 * at);
  return fixture;
}

/** Rows that came to harm: some are gone, some are as they were before. */
function damage(store: MemoryRowStore, older: MemoryRowStore, prng: Prng): MemoryRowStore {
  const rows = [...store.entries()].flatMap(([key, row]) => {
    if (!prng.chance(0.2)) return [{ key, row }];
    const before = prng.chance(0.5) ? older.get(key) : undefined;
    return before === undefined ? [] : [{ key, row: before }];
  });
  const left = new MemoryRowStore();
  left.apply({ ...store.last!, rows });
  return left;
}

/** How many rows came. */
function carryOut(transfer: MapTransfer, source: State): number {
  let count = 0;
  for (let request = transfer.next(); request !== undefined; request = transfer.next()) {
    if (request.type === "nodes") transfer.acceptNodes(source.answerNodes(request.fetch));
    else count += transfer.acceptRows(source.answerRows(request.fetch));
    transfer.abandon(request);
  }
  return count;
}

const repair = (state: State, source: State): number => {
  const { sequence, stateRoot, agreedTime } = source;
  const transfer = state.beginTransfer({ epoch: 0 as never, sequence, stateRoot, agreedTime });
  const count = carryOut(transfer, source);
  state.finishTransfer(transfer);
  return count;
};

function rootOf(store: MemoryRowStore): Uint8Array {
  const map = new AuthenticatedMap(hash);
  for (const [key, row] of store.entries()) map.set(key, rowHash(hash, row));
  return map.commit().root;
}

describe("what is left of damaged rows", () => {
  it("is repaired to the state of any sequence before or after, and executes on from there", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(20), fc.nat(20), (seed, had, wanted) => {
        const sets = batches(seed, 24);
        const older = fixtureOf(sets.slice(0, Math.floor(had / 2)));
        const broken = fixtureOf(sets.slice(0, had));
        const source = fixtureOf(sets.slice(0, wanted));
        const left = damage(broken.store, older.store, new Prng(seed));
        const state = State.salvage(rules, left, broken.state);
        expect(state.isWhole).toBe(false);
        expect(state.sequence).toBe(had);
        repair(state, source.state);
        expect(state.isWhole).toBe(true);
        expect(state.stateRoot).toEqual(source.state.stateRoot);
        expect(rootOf(left)).toEqual(source.state.stateRoot);
        expect([state.sequence, state.entryCount]).toEqual([
          source.state.sequence,
          source.state.entryCount,
        ]);
        const other = Object.assign(new Fixture(), { state, store: left });
        for (const [at, each] of sets.slice(wanted).entries()) {
          source.execute(each, 100 * (wanted + at));
          other.execute(each, 100 * (wanted + at));
          expect(state.stateRoot).toEqual(source.state.stateRoot);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("asks for nothing but the rows that are wrong", () => {
    const fixture = fixtureOf(batches(1, 24));
    const left = new MemoryRowStore();
    const rows = [...fixture.store.entries()].map(([key, row]) => ({ key, row }));
    expect(rows.length).toBeGreaterThan(20);
    left.apply({ ...fixture.store.last!, rows: rows.slice(3) });
    expect(repair(State.salvage(rules, left, fixture.state), fixture.state)).toBe(3);
  });

  it("shows nothing, and answers no peer", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x"));
    const { sequence, stateRoot: root } = fixture.state;
    const state = State.salvage(rules, fixture.store, fixture.state);
    expect(state.retains(sequence)).toBe(false);
    expect(state.pin(sequence)).toBe(false);
    const key = entryStateKey(hash, "solo", keyOfName(hash, "k"));
    expect(state.proofAt(sequence, key)).toBeUndefined();
    expect(state.answerRows({ root, keys: [key] }).gone).toBe(true);
    expect(state.answerNodes({ sequence, root, paths: [] }).gone).toBe(true);
  });

  it("knows what it had executed from its rows when the store does not say", () => {
    const fixture = new Fixture();
    fixture.write("ann", put("k", "x"));
    expect(State.salvage(rules, fixture.store, undefined).sequence).toBe(fixture.state.sequence);
    expect(State.salvage(rules, new MemoryRowStore(), undefined).sequence).toBe(0 as Sequence);
  });
});
