import { describe, expect, it } from "vitest";
import { FRAME } from "../wire/frame.ts";
import { allExecuted, put } from "./testing/paper.ts";
import { TestCluster } from "./testing/test-cluster.ts";

const MISSED = 20;

/** Replica 3 was down while the others executed; back, and named all that it lacks. */
function behind(): TestCluster {
  const cluster = new TestCluster({});
  cluster.host(3).crash();
  for (let count = 0; count < MISSED; count++) {
    const digest = put(cluster, `missed ${count}`, [0, 1, 2]);
    expect(cluster.runUntil(allExecuted(cluster, digest), 2000)).toBe(true);
  }
  return cluster;
}

describe("coming up again", () => {
  it("asks everybody for pages in turn, whatever bodies it asks for meanwhile", () => {
    const cluster = behind();
    const asked: number[] = [];
    cluster.passes = ({ from, to, kind }) => {
      if (from === 3 && kind === FRAME.fetchCommitted) asked.push(to);
      return to !== 3 || (kind !== FRAME.batch && kind !== FRAME.committed);
    };
    cluster.host(3).boot();
    // Three instances that it sees and has no bodies of: three questions each time.
    for (const name of ["one", "two", "three"]) put(cluster, name, [0, 1, 2]);
    cluster.run(1500);
    expect(asked.length).toBeGreaterThanOrEqual(3);
    expect(new Set(asked.slice(0, 3))).toEqual(new Set([0, 1, 2]));
  });

  it("comes up beside a dead peer in time for a quorum that needs it", () => {
    const cluster = behind();
    cluster.host(3).boot();
    cluster.host(0).crash();
    const digest = put(cluster, "needs 3", [1, 2, 3]);
    expect(cluster.runUntil(allExecuted(cluster, digest), 3000)).toBe(true);
    expect(cluster.host(3).replica.status.sequence).toBeGreaterThan(MISSED);
  });
});
