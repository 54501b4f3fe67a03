import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { compareBytes, toHex } from "../../base/bytes.ts";
import { Prng } from "../../base/prng.ts";
import type { Hash, Sequence } from "../../base/types.ts";
import { MAP_KEY_SIZE, PAGE_COUNT_MAX } from "../limits.ts";
import type { FetchNodes, FetchRows } from "../wire/agreement.ts";
import { MapTransfer } from "./map-transfer.ts";
import { encodeNode } from "./node-encoding.ts";
import { rowHash } from "./node-hash.ts";
import { AuthenticatedMap } from "./trie.ts";
import type { MapVersion } from "./trie.ts";

const hash = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

/** Key number → row number: enough to say what a replica holds. */
type Contents = ReadonlyMap<number, number>;

const keyOf = (number: number): Uint8Array => {
  const key = new Uint8Array(MAP_KEY_SIZE).fill(1);
  key.set(hash(Uint8Array.of(number >> 8, number & 255)), 1);
  return key;
};
const rowOf = (number: number): Uint8Array => Uint8Array.of(number, 7);

class Replica {
  readonly map: AuthenticatedMap = new AuthenticatedMap(hash);
  readonly version: MapVersion;
  readonly rows: Map<string, Uint8Array> = new Map();

  constructor(contents: Contents) {
    for (const [key, row] of contents) {
      this.map.set(keyOf(key), rowHash(hash, rowOf(row)));
      this.rows.set(toHex(keyOf(key)), rowOf(row));
    }
    this.version = this.map.commit();
  }

  get target(): { sequence: Sequence; root: Hash } {
    return { sequence: 1 as Sequence, root: this.version.root };
  }

  nodes(fetch: FetchNodes): { root: Hash; gone: boolean; nodes: Uint8Array[] } {
    const nodes = fetch.paths.map((path) => this.map.nodeAt(this.version, path));
    const found = nodes.filter((node) => node !== undefined).map(encodeNode);
    return { root: fetch.root, gone: false, nodes: found };
  }

  answerRows(fetch: FetchRows): {
    root: Hash;
    gone: boolean;
    keys: readonly Uint8Array[];
    rows: Uint8Array[];
  } {
    const rows = fetch.keys.map((key) => this.rows.get(toHex(key))!);
    return { root: fetch.root, gone: false, keys: fetch.keys, rows };
  }
}

/** Carries out at most so many requests; how many nodes and rows came. */
function run(transfer: MapTransfer, source: Replica, requestsMax: number = Infinity): number {
  let count = 0;
  for (let at = 0; at < requestsMax; at++) {
    const request = transfer.next();
    if (request === undefined) break;
    count +=
      request.type === "nodes"
        ? transfer.acceptNodes(source.nodes(request.fetch))
        : transfer.acceptRows(source.answerRows(request.fetch));
    transfer.abandon(request);
  }
  return count;
}

function begin(local: Replica, source: Replica): MapTransfer {
  return new MapTransfer(hash, local.map, local.version, source.target);
}

/** Finishes, and holds the result against the two contents. */
function expectArrival(transfer: MapTransfer, local: Replica, source: Replica): void {
  const { version, changes } = transfer.finish();
  expect(version.root).toEqual(source.version.root);
  const rows = new Map(local.rows);
  for (const { key, row } of changes) {
    if (row === undefined) expect(rows.delete(toHex(key))).toBe(true);
    else rows.set(toHex(key), row);
  }
  expect(rows).toEqual(source.rows);
  expect(local.map.getAt(local.version, keyOf(1))).toEqual(
    local.rows.has(toHex(keyOf(1))) ? rowHash(hash, local.rows.get(toHex(keyOf(1)))!) : undefined,
  );
}

const contents: fc.Arbitrary<Contents> = fc
  .array(fc.tuple(fc.nat(60), fc.nat(2)), { maxLength: 60 })
  .map((pairs) => new Map(pairs));

describe("a transfer", () => {
  it("ends with exactly the target's rows, from any state to any other", () => {
    fc.assert(
      fc.property(contents, contents, (mine, theirs) => {
        const [local, source] = [new Replica(mine), new Replica(theirs)];
        const transfer = begin(local, source);
        run(transfer, source);
        expectArrival(transfer, local, source);
      }),
    );
  });

  it("keeps what it has when it is aimed at a newer root, and still ends exactly", () => {
    fc.assert(
      fc.property(contents, contents, contents, fc.nat(6), (mine, theirs, newer, requests) => {
        const local = new Replica(mine);
        const [source, next] = [new Replica(theirs), new Replica(newer)];
        const transfer = begin(local, source);
        run(transfer, source, requests);
        transfer.retarget(next.target);
        run(transfer, next);
        expectArrival(transfer, local, next);
      }),
    );
  });

  const many = new Map(Array.from({ length: 3000 }, (_, key) => [key, key % 200]));
  const changed = new Map([...many, [5, 99], [3001, 1]]);

  it("asks for what differs and for nothing else", () => {
    const [local, source] = [new Replica(many), new Replica(changed)];
    const transfer = begin(local, source);
    // Two paths of a tree of 3,000 leaves, and two rows.
    expect(run(transfer, source)).toBeLessThan(60);
    expectArrival(transfer, local, source);
  });

  it("does not fetch again, after a retarget, what it fetched before", () => {
    const [local, source] = [new Replica(new Map()), new Replica(many)];
    const next = new Replica(changed);
    const transfer = begin(local, source);
    run(transfer, source);
    transfer.retarget(next.target);
    expect(run(transfer, next)).toBeLessThan(60);
    expectArrival(transfer, local, next);
  });

  it("asks in bounded pages and leaves a bounded number of questions open", () => {
    const transfer = begin(new Replica(new Map()), new Replica(many));
    const source = new Replica(many);
    run(transfer, source, 12);
    let open = 0;
    for (let request = transfer.next(); request !== undefined; request = transfer.next()) {
      open++;
      const size =
        request.type === "nodes" ? request.fetch.paths.length : request.fetch.keys.length;
      expect(size).toBeLessThanOrEqual(PAGE_COUNT_MAX);
    }
    expect(open).toBeLessThanOrEqual(8);
  });

  it("needs nothing when it is there already", () => {
    const [local, source] = [new Replica(many), new Replica(many)];
    const transfer = begin(local, source);
    expect(transfer.next()).toBeUndefined();
    expect(transfer.done).toBe(true);
    expectArrival(transfer, local, source);
  });

  it("gives back every node when it is given up", () => {
    const local = new Replica(many);
    const before = local.map.arena.nodeCount;
    const source = new Replica(changed);
    const transfer = begin(local, source);
    run(transfer, source);
    transfer.close();
    expect(local.map.arena.nodeCount).toBe(before);
  });
});

describe("a lying source", () => {
  it("changes nothing, whatever bytes it answers, and the truth still arrives", () => {
    fc.assert(
      fc.property(contents, contents, fc.nat(), (mine, theirs, seed) => {
        const [local, source] = [new Replica(mine), new Replica(theirs)];
        const prng = new Prng(seed);
        const transfer = begin(local, source);
        const bend = (bytes: Uint8Array): Uint8Array => {
          const bent = bytes.slice();
          bent[prng.below(bent.length)]! ^= 1 + prng.below(255);
          return bent;
        };
        for (let round = 0; round < 200 && !transfer.done; round++) {
          const request = transfer.next();
          if (request === undefined) break;
          if (request.type === "nodes") {
            const truth = source.nodes(request.fetch);
            const nodes = [...truth.nodes.map(bend), Uint8Array.of(9), new Uint8Array(0)];
            expect(transfer.acceptNodes({ ...truth, nodes })).toBe(0);
            expect(transfer.acceptNodes(truth)).toBe(truth.nodes.length);
            expect(transfer.acceptNodes(truth)).toBe(0);
          } else {
            const truth = source.answerRows(request.fetch);
            expect(transfer.acceptRows({ ...truth, rows: truth.rows.map(bend) })).toBe(0);
            expect(transfer.acceptRows({ ...truth, rows: [] })).toBe(0);
            expect(transfer.acceptRows(truth)).toBe(truth.rows.length);
          }
          transfer.abandon(request);
        }
        expectArrival(transfer, local, source);
      }),
      { numRuns: 50 },
    );
  });

  it("that answers nothing only makes it ask the same again", () => {
    const source = new Replica(new Map([[1, 1]]));
    const transfer = begin(new Replica(new Map()), source);
    const first = transfer.next()!;
    expect(transfer.next()).toBeUndefined();
    expect(transfer.done).toBe(false);
    transfer.abandon(first);
    expect(transfer.next()).toEqual(first);
    expect(compareBytes(first.fetch.root, source.version.root)).toBe(0);
  });
});
