import { describe, expect, it } from "vitest";
import { TestCluster } from "./testing/test-cluster.ts";

const executedEverywhere = (cluster: TestCluster, count: number) => (): boolean =>
  cluster.correct.every((host) => host.executions.length >= count);

describe("a healthy cluster", () => {
  it("executes and certifies what one client sends to one backup", () => {
    const cluster = new TestCluster({});
    const { bytes } = cluster.writers[0]!.put("value");
    cluster.host(2).submit(bytes);
    expect(cluster.runUntil(executedEverywhere(cluster, 1), 500)).toBe(true);
    cluster.run(100);
    expect(cluster.agreedRoots().size).toBe(1);
    expect(cluster.host(3).replica.status).toMatchObject({ view: 0, sequence: 1, certified: 1 });
  });
});
