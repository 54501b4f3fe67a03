import { describe, expect, it } from "vitest";
import { toHex } from "../../../base/bytes.ts";
import { newViewCodec, viewChangeCodec } from "../../wire/agreement.ts";
import {
  SIGNED_NEW_VIEW,
  SIGNED_VIEW_CHANGE,
  VOTE_COMMIT,
  VOTE_PREPARE,
} from "../../wire/certificate.ts";
import { FRAME } from "../../wire/frame.ts";
import { allExecuted, carries, castBy, isSigned, outputsOf, put } from "../testing/paper.ts";
import { sha256 } from "../testing/table-crypto.ts";
import { TestCluster } from "../testing/test-cluster.ts";

/**
 * The duties that Castro and Liskov state (OSDI'99; section numbers are theirs), each in our own
 * words with the test that holds it.
 */

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

  it("a backup that waits for no request suspects nobody, however long nothing happens", () => {
    const cluster = new TestCluster({});
    cluster.run(200);
    cluster.passes = (frame) => frame.from !== 0;
    cluster.run(20_000);
    for (const at of [1, 2, 3]) {
      expect(cluster.host(at).replica.status).toMatchObject({ view: 0, active: true });
    }
  });

  it("the timer starts again with each request that is executed while others wait", () => {
    const cluster = new TestCluster({ timing: { batchItemCountMin: 1 } });
    // Each takes a good part of a timer, and all together many timers.
    cluster.weather.delayMsMin = 40;
    cluster.weather.delayMsMax = 60;
    for (let count = 0; count < 40; count++) {
      put(cluster, `value ${count}`);
      cluster.run(100);
    }
    expect(cluster.host(1).replica.status.view).toBe(0);
    expect(cluster.host(1).executions.length).toBeGreaterThan(30);
  });

  it("a view-change carries the newest proof, and a certificate for all that was prepared above", () => {
    const cluster = new TestCluster({ timing: { retransmitMs: 10_000, batchItemCountMin: 1 } });
    const digest = put(cluster, "certified");
    expect(cluster.runUntil(allExecuted(cluster, digest), 500)).toBe(true);
    cluster.run(50);
    const certified = cluster.host(1).replica.status.certified;
    cluster.passes = (frame) => !carries(VOTE_COMMIT)(frame);
    put(cluster, "prepared one");
    put(cluster, "prepared two");
    cluster.run(30);
    cluster.host(0).crash();
    cluster.run(800);
    const [sign] = outputsOf(cluster.host(1), "sign").filter(
      ({ signedType }) => signedType === SIGNED_VIEW_CHANGE,
    );
    const { prepared, stable } = viewChangeCodec.decode(sign!.body);
    const inView0 = castBy(cluster.host(1), VOTE_COMMIT).filter(({ view }) => view === 0);
    const highest = Math.max(...inView0.map(({ sequence }) => sequence));
    expect(highest).toBeGreaterThan(certified + 1);
    expect(stable).toBeDefined();
    expect(prepared.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: highest - certified }, (_, at) => certified + 1 + at),
    );
  });

  it("the new primary waits for a quorum of view-changes, its own among them", () => {
    const cluster = new TestCluster({});
    cluster.host(0).crash();
    // Only replica 2's view-change reaches replica 1: with its own that is one too few.
    cluster.passes = (frame) => !(frame.from === 3 && isSigned(frame, SIGNED_VIEW_CHANGE));
    put(cluster, "two of three", [1, 2, 3]);
    cluster.run(1000);
    const newViews = outputsOf(cluster.host(1), "sign").filter(
      ({ signedType }) => signedType === SIGNED_NEW_VIEW,
    );
    expect(newViews).toEqual([]);
  });

  it("a new-view by anybody but the view's primary is refused", () => {
    const cluster = new TestCluster({});
    cluster.host(0).crash();
    const newViews: Uint8Array[] = [];
    cluster.passes = (frame) => {
      if (isSigned(frame, SIGNED_NEW_VIEW)) newViews.push(frame.body);
      return true;
    };
    put(cluster, "new view", [1, 2, 3]);
    cluster.run(1500);
    expect(newViews.length).toBeGreaterThan(0);
    const own = newViewCodec.encode({
      ...{ epoch: 0 as never, view: 5 as never, viewChanges: [], reproposals: [] },
    });
    const { verifier } = cluster.host(3);
    const forged = verifier.signOwn(
      { author: 3 as never, epoch: 0 as never, type: SIGNED_NEW_VIEW, body: own },
      () => new Uint8Array(64) as never,
    );
    expect(cluster.host(2).verifier.signed(forged.bytes)).toMatchObject({
      why: "new-view's author",
    });
  });

  it("a sequence that nobody prepared becomes a null request, and what was prepared above it stays", () => {
    const timing = { batchItemCountMin: 1, retransmitMs: 10_000, bodyMs: 10_000 };
    const cluster = new TestCluster({ timing });
    const first = put(cluster, "before");
    expect(cluster.runUntil(allExecuted(cluster, first), 500)).toBe(true);
    cluster.run(50);
    const low = cluster.host(1).replica.status.sequence;
    // Of the next two the first reaches nobody, and of the second no commit does.
    cluster.host(0).forger = (_to, votes) => votes.filter((vote) => vote.sequence !== low + 1);
    cluster.passes = (frame) => !carries(VOTE_COMMIT)(frame);
    put(cluster, "never proposed to anybody", [0]);
    const kept = put(cluster, "prepared above it");
    cluster.run(30);
    expect(castBy(cluster.host(1), VOTE_COMMIT).at(-1)?.sequence).toBe(low + 2);
    cluster.host(0).crash();
    cluster.passes = () => true;
    const survivors = [1, 2, 3].map((at) => cluster.host(at));
    expect(
      cluster.runUntil(() => survivors.every((host) => host.executions.includes(kept)), 8000),
    ).toBe(true);
    const executed = outputsOf(survivors[0]!, "executed");
    const gap = executed.find(({ sequence }) => sequence === low + 1)!;
    const above = executed.find(({ sequence }) => sequence === low + 2)!;
    expect(gap.writeSets).toEqual([]);
    expect(above.writeSets.map(({ writeSet }) => toHex(writeSet.digest))).toEqual([kept]);
  });

  it("what is proposed again and was executed before is not executed again", () => {
    const cluster = new TestCluster({ timing: { retransmitMs: 10_000 } });
    cluster.passes = (frame) => !carries(VOTE_COMMIT)(frame) || frame.to === 3;
    const digest = put(cluster, "executed at one");
    expect(cluster.runUntil(() => cluster.host(3).executions.includes(digest), 300)).toBe(true);
    cluster.host(0).crash();
    cluster.passes = () => true;
    const next = put(cluster, "next", [1, 2, 3]);
    const survivors = [1, 2, 3].map((at) => cluster.host(at));
    expect(
      cluster.runUntil(() => survivors.every((host) => host.executions.includes(next)), 5000),
    ).toBe(true);
    for (const host of survivors) {
      expect(host.executions.filter((one) => one === digest)).toHaveLength(1);
    }
  });

  it("a replica that lacks a batch which the new view repeats fetches it from another", () => {
    const cluster = new TestCluster({ timing: { retransmitMs: 10_000 } });
    const isBatch = (kind: number): boolean => kind === FRAME.batch || kind === FRAME.forward;
    cluster.passes = (frame) =>
      !carries(VOTE_COMMIT)(frame) && !(frame.to === 3 && isBatch(frame.kind));
    const digest = put(cluster, "body unknown to 3", [0, 1, 2]);
    cluster.run(30);
    expect(castBy(cluster.host(3), VOTE_PREPARE)).toEqual([]);
    cluster.host(0).crash();
    cluster.passes = () => true;
    expect(cluster.runUntil(() => cluster.host(3).executions.includes(digest), 5000)).toBe(true);
    const asked = outputsOf(cluster.host(3), "send").map(({ kind }) => kind);
    expect(asked).toContain(FRAME.fetchBatch);
  });
});
