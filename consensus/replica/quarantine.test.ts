import { describe, expect, it } from "vitest";
import type { ReplicaIndex } from "../../base/types.ts";
import { FRAME } from "../wire/frame.ts";
import { allExecuted, put } from "./testing/paper.ts";
import { TestCluster } from "./testing/test-cluster.ts";

/** As if its executed state had convicted this one. */
function quarantine(cluster: TestCluster, replica: number, at: readonly number[]): void {
  for (const index of at) cluster.host(index).application.quarantined.add(replica as ReplicaIndex);
}

describe("a replica in quarantine", () => {
  it("loses its primacy at once, though nothing waits", () => {
    const cluster = new TestCluster({});
    quarantine(cluster, 0, [1, 2, 3]);
    cluster.run(500);
    for (const index of [1, 2, 3]) {
      expect(cluster.host(index).replica.status).toMatchObject({ view: 1, active: true });
    }
  });

  it("is passed over again when its turn comes back", () => {
    const cluster = new TestCluster({});
    quarantine(cluster, 1, [0, 2, 3]);
    // The first primary censors; then it would be the turn of the one in quarantine.
    cluster.passes = ({ from, kind }) => from !== 0 || kind !== FRAME.batch;
    const digest = put(cluster, "next");
    expect(cluster.runUntil(allExecuted(cluster, digest), 1500)).toBe(true);
    expect(cluster.host(2).replica.status.view).toBe(2);
  });

  it("is not listened to: what it signs counts for nothing", () => {
    const cluster = new TestCluster({});
    quarantine(cluster, 3, [0, 1, 2]);
    cluster.host(2).crash();
    const digest = put(cluster, "a quorum needs three");
    expect(cluster.runUntil(allExecuted(cluster, digest), 1000)).toBe(false);
    expect(cluster.host(0).replica.status.dropCounts.get("a word from quarantine")).toBeGreaterThan(
      0,
    );
    cluster.host(2).boot();
    expect(cluster.runUntil(allExecuted(cluster, digest), 10_000)).toBe(true);
  });

  it("whom only some have convicted yet keeps them all together", () => {
    const cluster = new TestCluster({});
    quarantine(cluster, 0, [1]);
    const digest = put(cluster, "meanwhile");
    expect(cluster.runUntil(allExecuted(cluster, digest), 10_000)).toBe(true);
  });

  it("hears itself, and is still told what the others decided", () => {
    const cluster = new TestCluster({});
    quarantine(cluster, 3, [0, 1, 2, 3]);
    cluster.passes = (frame) => !(frame.to === 3 && frame.kind === FRAME.forward);
    const digest = put(cluster, "told");
    expect(cluster.runUntil(allExecuted(cluster, digest), 10_000)).toBe(true);
    expect(cluster.host(3).replica.status.sequence).toBe(1);
  });
});
