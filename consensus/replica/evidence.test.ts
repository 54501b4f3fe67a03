import { describe, expect, it } from "vitest";
import type { Sequence } from "../../base/types.ts";
import { buildEvidence } from "../evidence/build-evidence.ts";
import { verifyEvidence } from "../evidence/verify-evidence.ts";
import {
  SIGNED_STATEMENT,
  statementCodec,
  VOTE_COMMIT,
  VOTE_PREPARE,
} from "../wire/certificate.ts";
import { carries, castBy, outputsOf, put } from "./testing/paper.ts";
import { sha256, tableCrypto } from "./testing/table-crypto.ts";
import { TestCluster } from "./testing/test-cluster.ts";

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

describe("what convicts nobody is not held", () => {
  it("votes and statements that come again, in any number, over view changes and restarts", () => {
    const cluster = new TestCluster({ seed: 5 });
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
    expect(cluster.host(1).replica.status.view).toBeGreaterThan(0);
  });
});
