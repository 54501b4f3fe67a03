import { describe, expect, it } from "vitest";
import type { Epoch, Hash, PublicKey, View } from "../base/types.ts";
import { faultyMaxAtGenesis, primaryOf, quorumOf, weakQuorumOf } from "./committee.ts";
import type { Committee } from "./committee.ts";

function committeeOf(memberCount: number, faultyMax: number): Committee {
  const member = { publicKey: new Uint8Array(32) as PublicKey, address: "" };
  const members = Array.from({ length: memberCount }, () => member);
  return { clusterId: new Uint8Array(32) as Hash, epoch: 0 as Epoch, members, faultyMax };
}

describe("quorum arithmetic, for every committee that can be configured", () => {
  const table: [number, number][] = [];
  for (let n = 4; n <= 64; n++) for (let f = 0; 3 * f + 1 <= n; f++) table.push([n, f]);

  it("any two quorums share a correct replica, and f silent ones do not stop one", () => {
    for (const [n, f] of table) {
      const quorum = quorumOf(committeeOf(n, f));
      expect(2 * quorum - n, `n=${n} f=${f}`).toBeGreaterThanOrEqual(f + 1);
      expect(n - f, `n=${n} f=${f}`).toBeGreaterThanOrEqual(quorum);
      // And it is the smallest such number.
      expect(2 * (quorum - 1) - n, `n=${n} f=${f}`).toBeLessThan(f + 1);
    }
  });

  it("for every n and f with 3 ≤ n ≤ 13, 1 ≤ f, 2f+1 ≤ n: safe always, live where n ≥ 3f+1", () => {
    let count = 0;
    for (let n = 3; n <= 13; n++) {
      for (let f = 1; 2 * f + 1 <= n; f++) {
        const quorum = quorumOf(committeeOf(n, f));
        expect(2 * quorum - n, `n=${n} f=${f}`).toBeGreaterThanOrEqual(f + 1);
        expect(quorum, `n=${n} f=${f}`).toBeLessThanOrEqual(n);
        if (n >= 3 * f + 1) expect(n - f, `n=${n} f=${f}`).toBeGreaterThanOrEqual(quorum);
        if (n === 3 * f + 1) expect(quorum).toBe(2 * f + 1);
        count++;
      }
    }
    expect(count).toBe(36);
  });

  it.each([
    [4, 1, 3, 2],
    [5, 1, 4, 2],
    [6, 1, 4, 2],
    [7, 2, 5, 3],
    [8, 2, 6, 3],
    [9, 2, 6, 3],
    [10, 3, 7, 4],
    [64, 21, 43, 22],
  ])("n=%i: f=%i, Q=%i, f+1=%i", (n, f, quorum, weak) => {
    expect(faultyMaxAtGenesis(n)).toBe(f);
    expect(quorumOf(committeeOf(n, f))).toBe(quorum);
    expect(weakQuorumOf(committeeOf(n, f))).toBe(weak);
  });

  it("a removal lowers n and never f: safety stays, liveness shrinks", () => {
    expect(quorumOf(committeeOf(6, 2))).toBe(5);
    expect(2 * 5 - 6).toBeGreaterThanOrEqual(3);
  });

  it("the primary goes round", () => {
    const primaries = [0, 1, 2, 3, 4, 5].map((view) => primaryOf(committeeOf(4, 1), view as View));
    expect(primaries).toEqual([0, 1, 2, 3, 0, 1]);
  });
});
