import { describe, expect, it } from "vitest";
import type { Sequence } from "../../base/types.ts";
import { buildEvidence } from "../evidence/build-evidence.ts";
import { verifyEvidence } from "../evidence/verify-evidence.ts";
import {
  SIGNED_STATEMENT,
  statementCodec,
  VOTE_COMMIT,
  VOTE_PRE_PREPARE,
  VOTE_PREPARE,
} from "../wire/certificate.ts";
import { FRAME } from "../wire/frame.ts";
import { carries, castBy, outputsOf, put } from "./testing/paper.ts";
import { sha256, tableCrypto } from "./testing/table-crypto.ts";
import { TestCluster } from "./testing/test-cluster.ts";
import type { Flying } from "./testing/test-cluster.ts";

/** What one replica holds against others, judged as a stranger would: `author: what`. */
function heldBy(cluster: TestCluster, at: number): readonly string[] {
  const { committee } = cluster;
  return outputsOf(cluster.host(at), "evidence").map(({ author, kind, proofs }) => {
    const file = buildEvidence(committee.clusterId, kind, proofs);
    const verdict = verifyEvidence(tableCrypto, committee, file);
    if (!verdict.valid) throw new Error(verdict.reason);
    expect(verdict.accused).toEqual([author]);
    return `${author}: ${verdict.what}`;
  });
}

describe("a replica that sees both faces holds them against their author", () => {
  it("two votes", () => {
    const cluster = new TestCluster({});
    cluster.host(3).forger = (_to, votes) =>
      votes.flatMap((vote) =>
        vote.type === VOTE_COMMIT ? [vote, { ...vote, digest: sha256(vote.digest) }] : [vote],
      );
    // So that the second one is not of a sequence that is decided already.
    cluster.passes = (frame) => !carries(VOTE_COMMIT)(frame) || frame.from === 3;
    put(cluster, "both");
    cluster.run(50);
    expect(heldBy(cluster, 1)).toEqual(["3: two commits in epoch 0, view 0, sequence 1"]);
  });

  it("a vote, and another inside a prepared certificate that a view-change carries", () => {
    const cluster = new TestCluster({ timing: { retransmitMs: 10_000 } });
    // Replica 3 tells 1 of another digest; the others prepare with what it told them.
    cluster.host(3).forger = (to, votes) =>
      votes.map((vote) =>
        to === 1 && vote.type === VOTE_PREPARE ? { ...vote, digest: sha256(vote.digest) } : vote,
      );
    cluster.passes = (frame) =>
      !carries(VOTE_COMMIT)(frame) && !(frame.from === 1 && carries(VOTE_PREPARE)(frame));
    put(cluster, "hidden in a certificate");
    cluster.run(30);
    expect(castBy(cluster.host(2), VOTE_COMMIT)).toHaveLength(1);
    expect(heldBy(cluster, 1)).toEqual([]);
    cluster.host(0).crash();
    cluster.passes = () => true;
    cluster.run(1500);
    expect(heldBy(cluster, 1)).toContain("3: two prepares in epoch 0, view 0, sequence 1");
  });

  it.each([
    ["near", 0],
    ["far beyond what was executed", 100_000],
  ])("two statements, %s", (_where, ahead) => {
    const cluster = new TestCluster({});
    let count = 0;
    cluster.host(3).forgeSigned = (type, body) => {
      if (type !== SIGNED_STATEMENT) return body;
      const statement = statementCodec.decode(body);
      const sequence = (7 + ahead) as Sequence;
      return statementCodec.encode({
        ...{ ...statement, sequence },
        stateRoot: sha256(Uint8Array.of(count++)),
      });
    };
    put(cluster, "one");
    cluster.run(100);
    put(cluster, "two");
    cluster.run(100);
    const what = `3: two statements in epoch 0, sequence ${7 + ahead}`;
    expect(heldBy(cluster, 1)).toEqual([what]);
  });
});

describe("a backup whose proposal was overruled shows it, and all who hold the other convict", () => {
  const WHAT = /^0: two pre-prepares in epoch 0, view 0, sequence \d+$/;

  /** The primary proposes something else to these, under its true signature. */
  function twoFaced(deceived: readonly number[], memberCount = 4): TestCluster {
    const cluster = new TestCluster({ memberCount });
    cluster.run(100);
    cluster.host(0).forger = (to, votes) =>
      votes.map((vote) =>
        vote.type === VOTE_PRE_PREPARE && deceived.includes(to)
          ? { ...vote, digest: sha256(Uint8Array.of(to, ...vote.digest)) }
          : vote,
      );
    return cluster;
  }

  const convicts = (cluster: TestCluster, at: number): boolean =>
    heldBy(cluster, at).some((what) => WHAT.test(what));
  const shown = (kept: Flying[]) => (frame: Flying) => {
    if (frame.kind === FRAME.proposal) kept.push(frame);
    return true;
  };

  it.each([
    ["one of four", 4, [1]],
    ["one of seven", 7, [4]],
    ["two of seven, each another", 7, [2, 5]],
    ["three of seven, so that nobody agrees", 7, [1, 2, 3]],
  ])("%s", (_who, memberCount, deceived) => {
    const cluster = twoFaced(deceived, memberCount);
    put(cluster, "two faces", [0]);
    const backups = cluster.hosts.slice(1).map(({ index }) => index);
    const all = (): boolean => backups.every((at) => convicts(cluster, at));
    expect(cluster.runUntil(all, 1500)).toBe(true);
    expect(cluster.host(1).replica.status.view).toBeLessThan(2);
  });

  it("also when it hears no vote, and learns what was agreed from a page", () => {
    const cluster = twoFaced([1]);
    cluster.passes = (frame) =>
      !(frame.to === 1 && (carries(VOTE_PREPARE)(frame) || carries(VOTE_COMMIT)(frame)));
    put(cluster, "two faces", [0]);
    expect(cluster.runUntil(() => [1, 2, 3].every((at) => convicts(cluster, at)), 3000)).toBe(true);
    expect(cluster.host(1).replica.status.view).toBe(0);
  });

  it("also when it comes before the other", () => {
    const cluster = twoFaced([1], 7);
    const late: Flying[] = [];
    const frames: Flying[] = [];
    cluster.passes = (frame) => {
      const isLate = frame.to === 6 && frame.from === 0 && carries(VOTE_PRE_PREPARE)(frame);
      if (isLate) late.push(frame);
      return shown(frames)(frame) && !isLate;
    };
    put(cluster, "two faces", [0]);
    expect(cluster.runUntil(() => frames.some(({ to }) => to === 6), 1000)).toBe(true);
    cluster.run(20);
    expect(convicts(cluster, 5)).toBe(true);
    expect(convicts(cluster, 6)).toBe(false);
    for (const { from, kind, body } of late) cluster.host(6).receive(from, kind, body);
    expect(convicts(cluster, 6)).toBe(true);
  });

  it("also when what is shown is lost at first", () => {
    const cluster = twoFaced([1]);
    let lost = 0;
    cluster.passes = ({ kind }) => kind !== FRAME.proposal || lost++ > 5;
    put(cluster, "two faces", [0]);
    expect(cluster.runUntil(() => [1, 2, 3].every((at) => convicts(cluster, at)), 4000)).toBe(true);
    expect(lost).toBeGreaterThan(5);
  });

  it("at a bounded pace, whoever answers, and no more once it is proven", () => {
    const cluster = twoFaced([1]);
    const frames: Flying[] = [];
    let isHeard = false;
    cluster.passes = (frame) => shown(frames)(frame) && (isHeard || frame.kind !== FRAME.proposal);
    for (let count = 0; count < 30; count++) {
      put(cluster, `two faces ${count}`, [0]);
      cluster.run(100);
    }
    cluster.run(1500);
    // Each once, and eight of them again each second; to three peers.
    expect(frames.length).toBeGreaterThan(3 * 30);
    expect(frames.length).toBeLessThanOrEqual(3 * 30 + 5 * 3 * 8);
    isHeard = true;
    expect(cluster.runUntil(() => [1, 2, 3].every((at) => convicts(cluster, at)), 3000)).toBe(true);
    cluster.run(2000);
    frames.length = 0;
    cluster.run(5000);
    expect(frames).toEqual([]);
  });

  it("and what a peer shows is no proposal: nobody votes for it", () => {
    const cluster = twoFaced([1]);
    const frames: Flying[] = [];
    cluster.passes = shown(frames);
    put(cluster, "two faces", [0]);
    expect(cluster.runUntil(() => frames.length > 0, 1000)).toBe(true);
    const fresh = new TestCluster({});
    fresh.run(100);
    for (const { from, kind, body } of frames) fresh.host(2).receive(from, kind, body);
    fresh.run(300);
    const { sequence } = fresh.host(2).replica.status;
    expect(castBy(fresh.host(2), VOTE_PREPARE).filter((vote) => vote.sequence > sequence)).toEqual(
      [],
    );
    expect(heldBy(fresh, 2)).toEqual([]);
  });
});

describe("what convicts nobody is not held", () => {
  it("votes and statements that come again, in any number, over view changes and restarts", () => {
    const cluster = new TestCluster({ seed: 5 });
    const frames: Flying[] = [];
    cluster.passes = (frame) => {
      if (frame.kind === FRAME.proposal) frames.push(frame);
      return true;
    };
    Object.assign(cluster.weather, { duplicateProbability: 0.5, delayMsMax: 30 });
    for (let round = 0; round < 12; round++) {
      put(cluster, `value ${round}`);
      cluster.run(100);
      const host = cluster.host(round % 4);
      if (round % 3 === 0) {
        host.crash();
        put(cluster, `while one is down ${round}`);
        cluster.run(600);
        host.boot();
      }
    }
    cluster.run(3000);
    for (const at of [0, 1, 2, 3]) expect(heldBy(cluster, at)).toEqual([]);
    expect(frames).toEqual([]);
    expect(cluster.host(1).replica.status.view).toBeGreaterThan(0);
  });
});
