import { describe, expect, it } from "vitest";
import type { View } from "../../../base/types.ts";
import { WINDOW_LENGTH } from "../../limits.ts";
import { VOTE_COMMIT, VOTE_PREPARE, VOTE_PRE_PREPARE } from "../../wire/certificate.ts";
import type { Vote } from "../../wire/certificate.ts";
import { FRAME } from "../../wire/frame.ts";
import { allExecuted, carries, castBy, outputsOf, put } from "../testing/paper.ts";
import { sha256 } from "../testing/table-crypto.ts";
import { TestCluster } from "../testing/test-cluster.ts";

/**
 * The duties that Castro and Liskov state (OSDI'99; section numbers are theirs), each in our own
 * words with the test that holds it.
 */

describe("§4.2 normal case", () => {
  it("a backup accepts one pre-prepare for a view and sequence, and prepares once", () => {
    const cluster = new TestCluster({});
    const liar = cluster.host(0);
    liar.forger = (_to, votes) =>
      votes.flatMap((vote) => [vote, { ...vote, digest: sha256(vote.digest) }]);
    put(cluster, "two proposals");
    cluster.run(60);
    for (const index of [1, 2, 3]) {
      const backup = cluster.host(index);
      expect(castBy(backup, VOTE_PREPARE).filter(({ view }) => view === 0)).toHaveLength(1);
      expect(outputsOf(backup, "evidence")[0]).toMatchObject({ author: 0, what: "votes 1/0/1" });
    }
  });

  it("a pre-prepare by anybody but the view's primary is ignored", () => {
    const cluster = new TestCluster({});
    cluster.host(2).forger = (_to, votes) =>
      votes.map((vote) => ({ ...vote, type: VOTE_PRE_PREPARE }));
    put(cluster, "usurper");
    cluster.run(200);
    expect(
      cluster.host(1).replica.status.dropCounts.get("pre-prepare not by the primary"),
    ).toBeGreaterThan(0);
  });

  it("sequences outside the watermarks are not accepted", () => {
    const cluster = new TestCluster({});
    const far: Vote[] = [];
    cluster.host(0).forger = (_to, votes) => {
      const moved = votes.map((vote) => {
        const sequence = (vote.sequence + WINDOW_LENGTH) as Vote["sequence"];
        return { ...vote, sequence };
      });
      far.push(...moved);
      return moved;
    };
    put(cluster, "far");
    cluster.run(60);
    expect(castBy(cluster.host(1), VOTE_PREPARE)).toHaveLength(0);
    expect(cluster.host(1).replica.needs({ author: 0 as never, votes: far })).toBe(false);
  });

  it("prepared needs the pre-prepare and 2f prepares: with fewer nobody commits", () => {
    const cluster = new TestCluster({});
    cluster.passes = (frame) => !(carries(VOTE_PREPARE)(frame) && frame.from !== 1);
    put(cluster, "one prepare");
    cluster.run(60);
    for (const host of cluster.hosts.filter(({ index }) => index === 0)) {
      expect(castBy(host, VOTE_COMMIT)).toHaveLength(0);
    }
  });

  it("committed needs 2f+1 commits: with fewer nobody executes", () => {
    const cluster = new TestCluster({});
    cluster.passes = (frame) => !(carries(VOTE_COMMIT)(frame) && frame.from !== 1);
    const digest = put(cluster, "one commit");
    cluster.run(60);
    expect(cluster.hosts.filter((host) => host.executions.includes(digest))).toHaveLength(0);
  });

  it("requests are executed in order of sequence, though agreed on in any", () => {
    const cluster = new TestCluster({ timing: { batchItemCountMin: 1 } });
    cluster.weather.delayMsMax = 60;
    for (let count = 0; count < 30; count++) {
      put(cluster, `value ${count}`);
      cluster.run(20);
    }
    cluster.run(2000);
    for (const host of cluster.hosts) {
      const sequences = outputsOf(host, "executed").map(({ sequence }) => sequence as number);
      expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    }
    expect(cluster.agreedRoots().size).toBe(cluster.host(0).replica.status.sequence);
  });

  it("a backup judges a first proposal's time by its own clock, once", () => {
    const cluster = new TestCluster({});
    cluster.host(0).clockAheadMs = 2000;
    const digest = put(cluster, "from the future");
    cluster.run(100);
    expect(castBy(cluster.host(1), VOTE_PREPARE)).toHaveLength(0);
    expect(cluster.runUntil(allExecuted(cluster, digest), 4000)).toBe(true);
    expect(cluster.host(1).replica.status.view).toBeGreaterThan(0);
  });

  it("a primary whose clock was an hour ahead and is right again is believed again", () => {
    const cluster = new TestCluster({});
    cluster.host(0).clockAheadMs = 3_600_000;
    const refused = put(cluster, "from the future");
    expect(cluster.runUntil(allExecuted(cluster, refused), 4000)).toBe(true);
    cluster.host(0).clockAheadMs = 0;
    for (const primary of [1, 2, 3]) {
      cluster.host(primary).crash();
      const digest = put(cluster, `without ${primary}`);
      expect(cluster.runUntil(allExecuted(cluster, digest), 4000)).toBe(true);
      cluster.host(primary).boot();
      cluster.run(1000);
    }
    expect(cluster.host(1).replica.status.view).toBe(4);
    const digest = put(cluster, "by a right clock");
    expect(cluster.runUntil(allExecuted(cluster, digest), 4000)).toBe(true);
    expect(cluster.host(1).replica.status.view).toBe(4);
  });

  it("the primary begins at once, until as much is in flight as it may have; then it groups", () => {
    const timing = { pipelineDepth: 2, batchItemCountMin: 1, retransmitMs: 60_000 };
    const cluster = new TestCluster({
      timing: { ...timing, requestMs: 60_000, requestMsMax: 60_000 },
    });
    cluster.run(100);
    const first = castBy(cluster.host(0), VOTE_PRE_PREPARE).length;
    cluster.passes = (frame) => !carries(VOTE_COMMIT)(frame);
    const digests = Array.from({ length: 6 }, (_, count) => put(cluster, `value ${count}`));
    cluster.run(100);
    expect(castBy(cluster.host(0), VOTE_PRE_PREPARE)).toHaveLength(first + 2);
    cluster.passes = () => true;
    for (const host of cluster.hosts) host.crash();
    for (const host of cluster.hosts) host.boot();
    for (const digest of digests.slice(0, 2)) {
      expect(cluster.runUntil(allExecuted(cluster, digest), 2000)).toBe(true);
    }
  });

  it("a backup prepares no proposal whose batch it does not hold", () => {
    const cluster = new TestCluster({ timing: { requestMs: 60_000, requestMsMax: 60_000 } });
    cluster.passes = (frame) => frame.kind !== FRAME.batch;
    put(cluster, "no body");
    cluster.run(1000);
    for (const at of [1, 2, 3]) expect(castBy(cluster.host(at), VOTE_PREPARE)).toEqual([]);
    cluster.passes = () => true;
    cluster.run(500);
    expect(castBy(cluster.host(1), VOTE_PREPARE)).not.toEqual([]);
  });

  it("a pre-prepare for another view than the backup's is not accepted", () => {
    const cluster = new TestCluster({ timing: { requestMs: 60_000, requestMsMax: 60_000 } });
    cluster.host(0).forger = (_to, votes) => votes.map((vote) => ({ ...vote, view: 4 as View }));
    put(cluster, "another view");
    cluster.run(300);
    for (const at of [1, 2, 3]) expect(castBy(cluster.host(at), VOTE_PREPARE)).toEqual([]);
  });

  it("prepares and commits count only where they match the pre-prepare", () => {
    for (const type of [VOTE_PREPARE, VOTE_COMMIT]) {
      const cluster = new TestCluster({ timing: { requestMs: 60_000, requestMsMax: 60_000 } });
      cluster.host(3).forger = (_to, votes) =>
        votes.map((vote) => (vote.type === type ? { ...vote, digest: sha256(vote.digest) } : vote));
      // With the liar's vote there would be enough; and nobody shows another a certificate.
      cluster.passes = (frame) =>
        !(carries(type)(frame) && frame.from === 2) && frame.kind !== FRAME.committed;
      const digest = put(cluster, `mismatched ${type}`);
      cluster.run(500);
      const { executions } = cluster.host(0);
      expect(executions).not.toContain(digest);
      if (type === VOTE_PREPARE) expect(castBy(cluster.host(0), VOTE_COMMIT)).toEqual([]);
    }
  });

  it("votes of one replica count once, however often they come", () => {
    for (const type of [VOTE_PREPARE, VOTE_COMMIT]) {
      const cluster = new TestCluster({ timing: { requestMs: 60_000, requestMsMax: 60_000 } });
      cluster.weather.duplicateProbability = 1;
      cluster.passes = (frame) => !carries(type)(frame) || frame.from === 1;
      const digest = put(cluster, `repeated ${type}`);
      cluster.run(2000);
      expect(cluster.host(0).executions).not.toContain(digest);
      if (type === VOTE_PREPARE) expect(castBy(cluster.host(0), VOTE_COMMIT)).toEqual([]);
    }
  });

  it("only the replica that prepared commits, and the primary prepares by proposing", () => {
    const cluster = new TestCluster({});
    const digest = put(cluster, "in order");
    expect(cluster.runUntil(allExecuted(cluster, digest), 500)).toBe(true);
    expect(castBy(cluster.host(0), VOTE_PREPARE)).toEqual([]);
    for (const host of cluster.hosts) {
      const commits = castBy(host, VOTE_COMMIT);
      const persisted = outputsOf(host, "persist").map(({ record }) => record);
      for (const commit of commits) {
        expect(
          persisted.some(
            (record) =>
              record.type === "prepared" && record.certificate.sequence === commit.sequence,
          ),
        ).toBe(true);
      }
    }
  });

  it("messages may come in any order: votes before the proposal that they are for", () => {
    const cluster = new TestCluster({ timing: { requestMs: 60_000, requestMsMax: 60_000 } });
    const held: (() => void)[] = [];
    cluster.passes = (frame) => {
      const isEarly =
        frame.to === 3 && (frame.kind === FRAME.batch || carries(VOTE_PRE_PREPARE)(frame));
      if (isEarly && frame.from === 0) {
        held.push(() => cluster.host(3).receive(frame.from, frame.kind, frame.body));
        return false;
      }
      return true;
    };
    const digest = put(cluster, "upside down", [0]);
    cluster.run(20);
    expect(cluster.host(3).executions).not.toContain(digest);
    for (const deliver of held.reverse()) deliver();
    expect(cluster.host(3).executions).toContain(digest);
  });

  it("agreed time never goes back, whatever primaries propose (§4.6)", () => {
    const cluster = new TestCluster({});
    for (const [count, aheadMs] of [400, -30_000, 100, -5000].entries()) {
      cluster.host(0).clockAheadMs = aheadMs;
      const digest = put(cluster, `time ${count}`);
      expect(cluster.runUntil(allExecuted(cluster, digest), 3000)).toBe(true);
    }
    for (const host of cluster.hosts) {
      const times = outputsOf(host, "executed").map(({ agreedTime }) => agreedTime);
      expect(times.every((time, at) => at === 0 || time > times[at - 1]!)).toBe(true);
    }
  });
});
