import { describe, expect, it } from "vitest";
import { toHex } from "../../../base/bytes.ts";
import { FRAME } from "../../wire/frame.ts";
import { allExecuted, outputsOf, put } from "../testing/paper.ts";
import { TestCluster } from "../testing/test-cluster.ts";

/**
 * The duties that Castro and Liskov state (OSDI'99; section numbers are theirs), each in our own
 * words with the test that holds it.
 */

describe("§4.1 the client", () => {
  it("a backup that gets a request relays it to the primary", () => {
    const cluster = new TestCluster({});
    const digest = put(cluster, "one", [3]);
    expect(
      outputsOf(cluster.host(3), "send").some(({ kind, to }) => kind === FRAME.forward && to === 0),
    ).toBe(true);
    expect(cluster.runUntil(allExecuted(cluster, digest), 300)).toBe(true);
  });

  it("each request is executed once, however often it is sent", () => {
    const cluster = new TestCluster({});
    const { bytes, digest } = cluster.writers[0]!.put("again");
    for (let time = 0; time < 5; time++) {
      for (const host of cluster.hosts) host.submit(bytes);
      cluster.run(50);
    }
    for (const host of cluster.hosts) expect(host.executions).toEqual([toHex(digest)]);
    expect(outputsOf(cluster.host(1), "refused").at(-1)).toMatchObject({ reason: "executed" });
  });

  it("if the primary does not order it, every replica that knows of it becomes suspicious", () => {
    const cluster = new TestCluster({});
    cluster.passes = (frame) => frame.from !== 0;
    const digest = put(cluster, "silent primary", [2]);
    expect(
      cluster.runUntil(
        () => [1, 2, 3].every((at) => cluster.host(at).executions.includes(digest)),
        1500,
      ),
    ).toBe(true);
    expect(cluster.host(1).replica.status).toMatchObject({ view: 1, active: true, primary: 1 });
  });

  it("a request from before one that was executed is refused for ever, and has an end", () => {
    const cluster = new TestCluster({});
    const late = cluster.writers[0]!.put("too late", { notAfterMs: cluster.nowMs + 20 });
    cluster.run(100);
    put(cluster, "moves agreed time past its end");
    cluster.run(100);
    for (const host of cluster.hosts) host.submit(late.bytes);
    cluster.run(500);
    for (const host of cluster.hosts) {
      expect(host.executions).not.toContain(toHex(late.digest));
      expect(outputsOf(host, "refused").at(-1)).toMatchObject({ reason: "closed" });
    }
  });

  it("a writer who is not enrolled starts no timer and gets no sequence", () => {
    const cluster = new TestCluster({ writerCount: 1 });
    const stranger = new TestCluster({ writerCount: 2 }).writers[1]!;
    cluster.run(200);
    const before = cluster.host(1).replica.status.sequence;
    for (const host of cluster.hosts) host.submit(stranger.put("not mine").bytes);
    cluster.run(3000);
    expect(cluster.host(1).replica.status).toMatchObject({ view: 0, sequence: before });
    expect(outputsOf(cluster.host(1), "refused")[0]).toMatchObject({ reason: "unenrolled" });
  });

  it("one answer of many replicas is enough to be believed by nobody: all sign equal statements", () => {
    const cluster = new TestCluster({});
    const digest = put(cluster, "answered");
    expect(cluster.runUntil(allExecuted(cluster, digest), 500)).toBe(true);
    cluster.run(100);
    const { sequence } = outputsOf(cluster.host(0), "executed").find(({ writeSets }) =>
      writeSets.some(({ writeSet }) => toHex(writeSet.digest) === digest),
    )!;
    const roots = cluster.hosts.map((host) => host.certifiedRoots.get(sequence));
    expect(new Set(roots).size).toBe(1);
    const certificate = cluster.host(2).replica.certificateAt(sequence)!;
    expect(certificate.signatures).toHaveLength(3);
  });
});
