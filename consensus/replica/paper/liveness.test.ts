import { describe, expect, it } from "vitest";
import {
  SIGNED_VIEW_CHANGE,
  VOTE_COMMIT,
  VOTE_PREPARE,
  VOTE_PRE_PREPARE,
  signedCodec,
} from "../../wire/certificate.ts";
import { FRAME } from "../../wire/frame.ts";
import { allExecuted, carries, outputsOf, put } from "../testing/paper.ts";
import { TestCluster } from "../testing/test-cluster.ts";

/**
 * The duties that Castro and Liskov state (OSDI'99; section numbers are theirs), each in our own
 * words with the test that holds it.
 */

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

  it("a replica that left alone waits for a quorum's company before it leaves once more", () => {
    const cluster = new TestCluster({});
    cluster.passes = (frame) => frame.to !== 3 && frame.from !== 3;
    put(cluster, "alone", [3]);
    cluster.run(20_000);
    expect(cluster.host(3).replica.status).toMatchObject({ view: 1, active: false });
  });

  it("one faulty replica moves nobody to another view by asking for it", () => {
    const cluster = new TestCluster({});
    // It alone hears of no primary, and its view-changes reach everybody.
    cluster.passes = (frame) => frame.to !== 3;
    put(cluster, "unheard", [3]);
    cluster.run(5000);
    expect(
      outputsOf(cluster.host(3), "sign").some(
        ({ signedType }) => signedType === SIGNED_VIEW_CHANGE,
      ),
    ).toBe(true);
    for (const at of [0, 1, 2]) {
      expect(cluster.host(at).replica.status).toMatchObject({ view: 0, active: true });
    }
  });

  it("each view that brings nothing doubles the time that the next one gets", () => {
    const cluster = new TestCluster({ memberCount: 7 });
    // No new-view ever arrives, so views follow one another.
    cluster.passes = (frame) =>
      frame.kind !== FRAME.signed || signedCodec.decode(frame.body).type <= SIGNED_VIEW_CHANGE;
    const leftMs: number[] = [];
    put(cluster, "never", [0, 1, 2, 3, 4, 5, 6]);
    cluster.passes = (frame) =>
      frame.kind !== FRAME.votePack &&
      (frame.kind !== FRAME.signed || signedCodec.decode(frame.body).type <= SIGNED_VIEW_CHANGE);
    for (let view = 1; view <= 5; view++) {
      expect(cluster.runUntil(() => cluster.host(6).replica.status.view >= view, 60_000)).toBe(
        true,
      );
      leftMs.push(cluster.nowMs);
    }
    const waits = leftMs.slice(1).map((ms, at) => ms - leftMs[at]!);
    for (const [at, wait] of waits.slice(1).entries()) {
      expect(wait).toBeGreaterThan(waits[at]! * 1.5);
    }
  });
});
