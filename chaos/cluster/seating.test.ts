import { describe, expect, it } from "vitest";
import type { Epoch, Hash, PublicKey } from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import { Seating } from "./seating.ts";

const key = (name: number): PublicKey => new Uint8Array(32).fill(name) as PublicKey;

function committee(epoch: number, names: readonly number[]): Committee {
  const members = names.map((name) => ({ publicKey: key(name), address: `127.0.0.1:${name}` }));
  return { clusterId: new Uint8Array(32) as Hash, epoch: epoch as Epoch, members, faultyMax: 1 };
}

describe("who sits where", () => {
  it("at genesis a founder's seat is his index", () => {
    const seating = new Seating(committee(0, [10, 11, 12, 13]));
    expect(seating.seats).toEqual([0, 1, 2, 3]);
    expect(seating.seatOf(0, 2)).toBe(2);
    expect(seating.seatOf(0, 4)).toBeUndefined();
    expect(seating.seatOf(1, 0)).toBeUndefined();
  });

  it("who joins takes the next seat, and sits there once admitted", () => {
    const seating = new Seating(committee(0, [10, 11, 12, 13]));
    expect(seating.join(key(14))).toBe(4);
    expect(seating.seats).toEqual([0, 1, 2, 3]);
    seating.follow(committee(1, [10, 11, 12, 13, 14]));
    expect(seating.seats).toEqual([0, 1, 2, 3, 4]);
    expect(seating.memberAt(4, seating.newest)?.address).toBe("127.0.0.1:14");
  });

  it("a seat keeps its member while indexes move, and stays empty after", () => {
    const seating = new Seating(committee(0, [10, 11, 12, 13]));
    seating.join(key(14));
    seating.follow(committee(1, [11, 12, 13, 14]));
    expect(seating.seats).toEqual([1, 2, 3, 4]);
    expect(seating.seatOf(1, 0)).toBe(1);
    expect(seating.seatOf(0, 0)).toBe(0);
    expect(seating.memberAt(0, seating.newest)).toBeUndefined();
    expect(seating.committees.map(({ epoch }) => epoch)).toEqual([1, 0]);
  });
});
