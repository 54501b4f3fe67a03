import { describe, expect, it } from "vitest";
import { SIGNED_STATEMENT, statementCodec, VOTE_PRE_PREPARE } from "../../wire/certificate.ts";
import { allExecuted, castBy, isSigned, outputsOf, put } from "../testing/paper.ts";
import { sha256 } from "../testing/table-crypto.ts";
import { TestCluster } from "../testing/test-cluster.ts";

/**
 * The duties that Castro and Liskov state (OSDI'99; section numbers are theirs), each in our own
 * words with the test that holds it.
 */

describe("§4.3 garbage collection", () => {
  it("a checkpoint with a quorum of equal statements is stable: the log before it goes", () => {
    const cluster = new TestCluster({ timing: { batchItemCountMin: 1 } });
    const until = (sequence: number): void => {
      for (let count = 0; cluster.host(0).replica.status.sequence < sequence; count++) {
        put(cluster, `${sequence} ${count}`);
        cluster.run(20);
      }
    };
    until(130);
    expect(cluster.host(1).replica.status.stable).toBe(128);
    expect(outputsOf(cluster.host(1), "truncate")).toHaveLength(0);
    until(260);
    expect(cluster.host(1).replica.status.stable).toBe(256);
    expect(outputsOf(cluster.host(1), "truncate").map(({ below }) => below)).toEqual([128]);
    // A restart from what is left.
    const host = cluster.host(1);
    host.crash();
    host.stored ??= cluster.host(0).states.get(200);
    host.boot();
    const digest = put(cluster, "after the restart");
    expect(cluster.runUntil(allExecuted(cluster, digest), 2000)).toBe(true);
  });

  it("a replica left behind beyond the others' logs is brought up by a transfer", () => {
    const cluster = new TestCluster({ timing: { batchItemCountMin: 1 } });
    cluster.host(3).crash();
    for (let count = 0; cluster.host(0).replica.status.sequence < 400; count++) {
      put(cluster, `value ${count}`, [0, 1, 2]);
      cluster.run(20);
    }
    cluster.host(3).boot();
    expect(cluster.runUntil(() => cluster.host(3).replica.status.sequence >= 400, 5000)).toBe(true);
    expect(outputsOf(cluster.host(3), "transfer")).toHaveLength(1);
    const digest = put(cluster, "together again");
    cluster.host(0).crash();
    cluster.run(3000);
    expect([1, 2, 3].every((at) => cluster.host(at).executions.includes(digest))).toBe(true);
  });

  it("a replica one interval behind needs no transfer: its peers still have the batches", () => {
    const cluster = new TestCluster({ timing: { batchItemCountMin: 1 } });
    cluster.host(3).crash();
    for (let count = 0; cluster.host(0).replica.status.sequence < 100; count++) {
      put(cluster, `value ${count}`, [0, 1, 2]);
      cluster.run(20);
    }
    cluster.host(3).boot();
    expect(cluster.runUntil(() => cluster.host(3).replica.status.sequence >= 100, 5000)).toBe(true);
    expect(outputsOf(cluster.host(3), "transfer")).toHaveLength(0);
  });

  it("a checkpoint with another digest does not count towards its proof", () => {
    const cluster = new TestCluster({});
    cluster.run(100);
    const before = cluster.host(0).replica.status.certified;
    cluster.host(3).forgeSigned = (type, body) => {
      if (type !== SIGNED_STATEMENT) return body;
      const statement = statementCodec.decode(body);
      return statementCodec.encode({ ...statement, stateRoot: sha256(statement.stateRoot) });
    };
    // The liar's would be the third.
    cluster.passes = (frame) => !(frame.from === 2 && isSigned(frame, SIGNED_STATEMENT));
    const digest = put(cluster, "two equal statements");
    expect(cluster.runUntil(allExecuted(cluster, digest), 500)).toBe(true);
    cluster.run(100);
    expect(cluster.host(0).replica.status.certified).toBe(before);
  });

  it("nothing is dropped, and nothing beyond the window proposed, without a stable checkpoint", () => {
    const checkpointInterval = 8;
    const cluster = new TestCluster({
      timing: { batchItemCountMin: 1, checkpointInterval, requestMs: 1e9, requestMsMax: 1e9 },
    });
    cluster.passes = (frame) => !isSigned(frame, SIGNED_STATEMENT);
    for (let count = 0; count < 40; count++) {
      put(cluster, `value ${count}`);
      cluster.run(20);
    }
    for (const host of cluster.hosts) {
      expect(host.replica.status.stable).toBe(0);
      expect(outputsOf(host, "truncate")).toEqual([]);
    }
    const highest = Math.max(
      ...castBy(cluster.host(0), VOTE_PRE_PREPARE).map(({ sequence }) => sequence),
    );
    expect(highest).toBe(2 * checkpointInterval);
    // The proofs come at last: both move on.
    cluster.passes = () => true;
    const digest = put(cluster, "beyond");
    expect(cluster.runUntil(allExecuted(cluster, digest), 20_000)).toBe(true);
    expect(cluster.host(0).replica.status.stable).toBeGreaterThan(0);
  });

  it("checkpoints are taken at multiples of the interval alone, and the last but one is kept", () => {
    const cluster = new TestCluster({ timing: { batchItemCountMin: 1, checkpointInterval: 8 } });
    for (let count = 0; cluster.host(0).replica.status.sequence < 40; count++) {
      put(cluster, `value ${count}`);
      cluster.run(20);
    }
    const belows = outputsOf(cluster.host(0), "truncate").map(({ below }) => below);
    expect(belows.length).toBeGreaterThan(2);
    expect(belows.filter((below) => below % 8 !== 0)).toEqual([]);
    const { stable } = cluster.host(0).replica.status;
    expect(Math.max(...belows)).toBe(stable - 8);
  });
});
