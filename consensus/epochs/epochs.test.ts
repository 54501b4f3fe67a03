import { describe, expect, it } from "vitest";
import type { Epoch, Sequence } from "../../base/types.ts";
import { CHECKPOINT_INTERVAL, WINDOW_LENGTH } from "../limits.ts";
import { tableCrypto } from "../replica/testing/table-crypto.ts";
import { epochBoundary } from "./epoch-boundary.ts";
import { Epochs } from "./epochs.ts";
import {
  boundaryOf,
  certify,
  chainOf,
  committeeOf,
  linkFrom,
  rowOf,
  stateOf,
} from "./testing/chain-maker.ts";
import type { LinkChanges } from "./testing/chain-maker.ts";

const GENESIS = 0 as Epoch;
const at = (epoch: number): Epoch => epoch as Epoch;
const known = (length = 0): Epochs => {
  const epochs = new Epochs(tableCrypto, committeeOf(0));
  epochs.follow(chainOf(length), GENESIS);
  return epochs;
};
const { root } = stateOf([[new Uint8Array(33), Uint8Array.of(1)]]);

describe("the boundary of an epoch", () => {
  it.each([0, 1, 127, 128, 129, 1000])("decided at %i", (decided) => {
    const boundary = epochBoundary(decided as Sequence);
    expect(boundary % CHECKPOINT_INTERVAL).toBe(0);
    expect(boundary).toBeGreaterThanOrEqual(decided + WINDOW_LENGTH);
    expect(boundary).toBeLessThan(decided + WINDOW_LENGTH + CHECKPOINT_INTERVAL);
  });
});

describe("a chain of configurations", () => {
  it("leads from genesis to epoch 50, each member verified by those before", () => {
    const epochs = known(50);
    expect(epochs.newest).toEqual(committeeOf(50));
    expect(epochs.committeeOf(at(17))).toEqual(committeeOf(17));
    expect(epochs.endOf(at(17))).toBe(boundaryOf(17));
    expect(epochs.endOf(at(50))).toBeUndefined();
  });

  it("goes on from where one stands, and passes over what is known", () => {
    const epochs = known(3);
    expect(epochs.follow(chainOf(5), GENESIS)).toEqual({ gained: 2, sound: true });
    expect(epochs.follow(chainOf(5), GENESIS)).toEqual({ gained: 0, sound: true });
    expect(epochs.follow(chainOf(6).slice(5), at(5))).toEqual({ gained: 1, sound: true });
  });

  it("names every address that a member ever had, the newest first", () => {
    expect(known(2).addresses).toEqual([2, 3, 4, 5, 1, 0].map((place) => `host:${7400 + place}`));
  });

  it("hands on the links that it followed", () => {
    const other = new Epochs(tableCrypto, committeeOf(0));
    expect(other.follow(known(4).linksFrom(GENESIS), GENESIS).gained).toBe(4);
  });
});

describe("a link is refused", () => {
  it.each<[string, LinkChanges]>([
    ["signed by two of three", { authors: [0, 1] }],
    ["signed by all four", { authors: [0, 1, 2, 3] }],
    ["signed by one of them twice", { authors: [0, 1, 1] }],
    ["over an earlier root that shows the row as well", { sequence: boundaryOf(0) - 128 }],
    ["over a later root", { sequence: boundaryOf(0) + 1 }],
    ["whose row names another boundary", { row: { boundary: boundaryOf(1) } }],
    ["whose row is another epoch's", { row: { epoch: at(2) } }],
    ["whose statement is another epoch's", { epoch: 1 }],
  ])("%s", (_, changes) => {
    const epochs = known();
    expect(epochs.follow([linkFrom(0, changes)], GENESIS)).toEqual({ gained: 0, sound: false });
    expect(epochs.newest.epoch).toBe(0);
  });

  it("that skips an epoch", () => {
    const [first, , third] = chainOf(3);
    expect(known().follow([first!, third!], GENESIS)).toEqual({ gained: 1, sound: false });
  });

  it("signed by keys of a configuration that is past", () => {
    // Members of epoch 0 sign what only members of epoch 1 may: that they share three is no help.
    const forged = linkFrom(1, { epoch: 0, sequence: boundaryOf(1) });
    expect(known(1).follow([forged], at(1))).toEqual({ gained: 0, sound: false });
  });

  it("with any byte changed", () => {
    const sound = linkFrom(0);
    for (let position = 0; position < sound.length; position++) {
      const damaged = sound.slice();
      damaged[position]! ^= 1;
      expect(known().follow([damaged], GENESIS).gained).toBe(0);
    }
  });

  it("into an epoch that is known already: a second chain finds its place taken", () => {
    const epochs = known(2);
    const other = { ...committeeOf(1), faultyMax: 0 };
    const second = [linkFrom(0, { next: other })];
    expect(epochs.follow(second, GENESIS)).toEqual({ gained: 0, sound: true });
    expect(epochs.committeeOf(at(1))).toEqual(committeeOf(1));
    expect(rowOf(committeeOf(1)).faultyMax).toBe(1);
  });
});

describe("a certificate proves a statement", () => {
  it.each([
    ["of genesis", 0, 5],
    ["at the very end of an epoch", 0, boundaryOf(0)],
    ["right after it, by the next", 1, boundaryOf(0) + 1],
    ["of the newest epoch, however late", 2, boundaryOf(9)],
  ])("%s", (_, epoch, sequence) => {
    expect(known(2).prove(certify(epoch, { sequence, root }))).toMatchObject({ epoch, sequence });
  });

  it.each([
    ["of retired keys, after their time", 0, boundaryOf(0) + 1, [0, 1, 2]],
    ["of new keys, before theirs", 1, boundaryOf(0), [0, 1, 2]],
    ["of an epoch that nobody has led to", 3, boundaryOf(2) + 1, [0, 1, 2]],
    ["of too few", 1, boundaryOf(0) + 1, [0, 1]],
  ])("but none %s", (_, epoch, sequence, authors) => {
    expect(known(2).prove(certify(epoch, { sequence, root }, authors))).toBeUndefined();
  });
});
