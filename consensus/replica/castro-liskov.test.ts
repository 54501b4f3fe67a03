import { describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { WINDOW_LENGTH } from "../limits.ts";
import { peekVotePack } from "../take-apart.ts";
import { Refusal } from "../refusal.ts";
import { newViewCodec } from "../wire/agreement.ts";
import {
  SIGNED_NEW_VIEW,
  SIGNED_VIEW_CHANGE,
  VOTE_COMMIT,
  VOTE_PREPARE,
  VOTE_PRE_PREPARE,
  signedCodec,
} from "../wire/certificate.ts";
import type { Vote } from "../wire/certificate.ts";
import { FRAME } from "../wire/frame.ts";
import type { Output } from "./output.ts";
import { TestCluster } from "./testing/test-cluster.ts";
import type { Flying } from "./testing/test-cluster.ts";
import { sha256 } from "./testing/table-crypto.ts";
import type { TestHost } from "./testing/test-host.ts";

/**
 * The duties that Castro and Liskov state (OSDI'99; section numbers are theirs), each in our own
 * words with the test that holds it.
 */

const votesIn = (frame: Flying): readonly Vote[] => {
  const peeked = frame.kind === FRAME.votePack ? peekVotePack(frame.body) : undefined;
  return peeked === undefined || peeked instanceof Refusal ? [] : peeked.votes;
};
const carries =
  (type: number) =>
  (frame: Flying): boolean =>
    votesIn(frame).some((vote) => vote.type === type && vote.sequence > 0);
const outputsOf = <T extends Output["type"]>(host: TestHost, type: T) =>
  host.outputs.filter((output): output is Extract<Output, { type: T }> => output.type === type);
const castBy = (host: TestHost, type: number): Vote[] =>
  outputsOf(host, "vote").flatMap(({ vote }) => (vote.type === type ? [vote] : []));
const put = (cluster: TestCluster, value: string, at: readonly number[] = [0, 1, 2, 3]): string => {
  const { bytes, digest } = cluster.writers[0]!.put(value);
  for (const index of at) cluster.host(index).submit(bytes);
  return toHex(digest);
};
const allExecuted = (cluster: TestCluster, digest: string) => (): boolean =>
  cluster.correct.every((host) => host.executions.includes(digest));

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
});

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
});

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
});

describe("§4.4 view changes", () => {
  it("what was committed anywhere survives into the new view under its own sequence", () => {
    const cluster = new TestCluster({});
    // Only replica 3 learns of the commits; then the primary is gone.
    cluster.passes = (frame) => !carries(VOTE_COMMIT)(frame) || frame.to === 3;
    const digest = put(cluster, "committed at one");
    expect(cluster.runUntil(() => cluster.host(3).executions.includes(digest), 300)).toBe(true);
    const before = outputsOf(cluster.host(3), "executed").at(-1)!;
    cluster.host(0).crash();
    cluster.passes = () => true;
    put(cluster, "after", [1, 2, 3]);
    expect(
      cluster.runUntil(() => [1, 2].every((at) => cluster.host(at).executions.length === 2), 4000),
    ).toBe(true);
    const after = outputsOf(cluster.host(1), "executed").find(
      ({ sequence }) => sequence === before.sequence,
    )!;
    expect(toHex(after.stateRoot)).toBe(toHex(before.stateRoot));
  });

  it("a batch proposed again is not judged by the clock again", () => {
    const cluster = new TestCluster({ timing: { retransmitMs: 10_000 } });
    cluster.passes = (frame) => !carries(VOTE_COMMIT)(frame);
    const digest = put(cluster, "timely once");
    cluster.run(20);
    // Whoever looked at the time again would now call it a lie.
    for (const host of cluster.hosts) host.clockAheadMs = -5000;
    cluster.host(0).crash();
    cluster.passes = () => true;
    expect(cluster.runUntil(allExecuted(cluster, digest), 4000)).toBe(true);
    expect(outputsOf(cluster.host(1), "executed")[0]?.writeSets).toHaveLength(1);
    expect(cluster.host(1).replica.status.view).toBe(1);
  });

  it("a new-view whose re-proposals do not follow from its view-changes is refused", () => {
    const cluster = new TestCluster({ timing: { retransmitMs: 10_000 } });
    cluster.passes = (frame) => !carries(VOTE_COMMIT)(frame);
    const digest = put(cluster, "not to be dropped");
    cluster.run(20);
    cluster.host(0).crash();
    cluster.passes = () => true;
    const liar = cluster.host(1);
    liar.forgeSigned = (type, body) =>
      type === SIGNED_NEW_VIEW
        ? newViewCodec.encode({ ...newViewCodec.decode(body), reproposals: [] })
        : body;
    expect(
      cluster.runUntil(
        () => [2, 3].every((at) => cluster.host(at).executions.includes(digest)),
        8000,
      ),
    ).toBe(true);
    expect(cluster.host(2).replica.status.dropCounts.get("new-view with wrong reproposals")).toBe(
      1,
    );
    expect(cluster.host(2).replica.status.view).toBe(2);
  });

  it("after its view-change a replica takes no part in lower views", () => {
    const cluster = new TestCluster({});
    cluster.passes = (frame) => frame.from !== 0;
    put(cluster, "never ordered", [1, 2, 3]);
    cluster.run(600);
    cluster.passes = () => true;
    cluster.run(600);
    for (const index of [1, 2, 3]) {
      const { outputs } = cluster.host(index);
      const left = outputs.findIndex(
        (each) => each.type === "sign" && each.signedType === SIGNED_VIEW_CHANGE,
      );
      const late = outputs
        .slice(left)
        .filter((each) => each.type === "vote" && each.vote.view === 0);
      expect(late).toEqual([]);
    }
  });

  it("a primary that orders everybody's requests but one writer's is replaced", () => {
    const cluster = new TestCluster({});
    const censored = new Set<string>();
    cluster.passes = (frame) =>
      !(frame.to === 0 && frame.kind === FRAME.forward && censored.has(toHex(frame.body)));
    const { bytes, digest } = cluster.writers[1]!.put("censored");
    censored.add(toHex(bytes));
    for (const at of [1, 2, 3]) cluster.host(at).submit(bytes);
    for (let count = 0; count < 40; count++) {
      put(cluster, `favoured ${count}`);
      cluster.run(50);
    }
    for (const at of [1, 2, 3]) expect(cluster.host(at).executions).toContain(toHex(digest));
    expect(cluster.host(1).replica.status.view).toBeGreaterThan(0);
  });

  it("an equivocating primary cannot make two correct replicas differ, and is replaced", () => {
    const cluster = new TestCluster({});
    cluster.host(0).forger = (to, votes) =>
      to % 2 === 1 ? votes : votes.map((vote) => ({ ...vote, digest: sha256(vote.digest) }));
    const digest = put(cluster, "equivocation");
    expect(cluster.runUntil(allExecuted(cluster, digest), 5000)).toBe(true);
    expect(cluster.agreedRoots().size).toBeGreaterThan(0);
  });
});

describe("§4.5.2 liveness", () => {
  it("a replica that sees f+1 others in higher views joins them without a timer of its own", () => {
    const cluster = new TestCluster({});
    cluster.passes = (frame) => frame.from !== 0;
    // Replica 3 knows of no request, so only the others' view-changes can move it.
    put(cluster, "unknown to 3", [1, 2]);
    cluster.passes = (frame) =>
      frame.from !== 0 && !(frame.to === 3 && frame.kind === FRAME.forward);
    cluster.run(1200);
    expect(cluster.host(3).replica.status.view).toBe(1);
  });

  it("one that left its view alone is not lost: the others go on, and meet it when they must", () => {
    const cluster = new TestCluster({});
    const alone = cluster.host(3);
    cluster.passes = (frame) => frame.to !== 3 && frame.from !== 3;
    put(cluster, "alone", [3]);
    cluster.run(500);
    expect(alone.replica.status).toMatchObject({ view: 1, active: false });
    cluster.passes = () => true;
    const digest = put(cluster, "together", [0, 1, 2]);
    expect(cluster.runUntil(allExecuted(cluster, digest), 3000)).toBe(true);
    cluster.host(2).crash();
    const last = put(cluster, "needs everybody left");
    expect(cluster.runUntil(allExecuted(cluster, last), 5000)).toBe(true);
  });

  it("one that saw a quorum alone and went on is followed by the others, who miss its old word", () => {
    const cluster = new TestCluster({});
    // The fourth is needed for no quorum; without it the three must meet in one view.
    cluster.host(3).crash();
    cluster.passes = (frame) => frame.from !== 2 && frame.kind !== FRAME.votePack;
    const digest = put(cluster, "apart", [0, 1, 2]);
    expect(cluster.runUntil(() => cluster.host(2).replica.status.view === 2)).toBe(true);
    expect(cluster.host(0).replica.status).toMatchObject({ view: 1, active: false });
    cluster.passes = () => true;
    expect(cluster.runUntil(allExecuted(cluster, digest), 10_000)).toBe(true);
  });

  it("lost view-changes are sent again until the view is entered", () => {
    const cluster = new TestCluster({});
    cluster.host(0).crash();
    cluster.passes = (frame) =>
      frame.kind !== FRAME.signed || signedCodec.decode(frame.body).type !== SIGNED_VIEW_CHANGE;
    const digest = put(cluster, "late", [1, 2, 3]);
    cluster.run(1000);
    expect(cluster.host(1).replica.status.active).toBe(false);
    cluster.passes = () => true;
    expect(cluster.runUntil(allExecuted(cluster, digest), 3000)).toBe(true);
  });

  it("lost votes are cast again: no view change is needed for them", () => {
    const cluster = new TestCluster({ timing: { requestMs: 60_000, requestMsMax: 60_000 } });
    for (const type of [VOTE_PRE_PREPARE, VOTE_PREPARE, VOTE_COMMIT]) {
      cluster.passes = (frame) => !carries(type)(frame);
      const digest = put(cluster, `lost ${type}`);
      cluster.run(100);
      cluster.passes = () => true;
      expect(cluster.runUntil(allExecuted(cluster, digest), 1500), `type ${type}`).toBe(true);
    }
    expect(cluster.host(1).replica.status.view).toBe(0);
  });

  it("f faulty primaries in a row are passed, with doubled timers", () => {
    const cluster = new TestCluster({ memberCount: 7 });
    cluster.host(0).crash();
    cluster.host(1).crash();
    const digest = put(cluster, "third primary", [2, 3, 4, 5, 6]);
    expect(cluster.runUntil(allExecuted(cluster, digest), 6000)).toBe(true);
    expect(cluster.host(2).replica.status).toMatchObject({ view: 2, primary: 2 });
  });

  it("a broken link to the primary starts suspicion early, but only with a request in hand", () => {
    const cluster = new TestCluster({});
    cluster.host(0).crash();
    for (const at of [1, 2, 3]) cluster.host(at).step({ type: "peer-lost", index: 0 as never });
    cluster.run(1000);
    expect(cluster.host(1).replica.status.view).toBe(0);
    const digest = put(cluster, "soon", [1, 2, 3]);
    expect(cluster.runUntil(allExecuted(cluster, digest), 250)).toBe(true);
  });
});
