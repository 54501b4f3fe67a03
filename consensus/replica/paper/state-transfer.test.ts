import { describe, expect, it } from "vitest";
import { viewChangeCodec } from "../../wire/agreement.ts";
import { SIGNED_STATEMENT, statementCodec, VOTE_COMMIT } from "../../wire/certificate.ts";
import { FRAME } from "../../wire/frame.ts";
import { allExecuted, carries, isSigned, outputsOf, put } from "../testing/paper.ts";
import { sha256 } from "../testing/table-crypto.ts";
import { TestCluster } from "../testing/test-cluster.ts";
import type { Flying } from "../testing/test-cluster.ts";
import type { TestHost } from "../testing/test-host.ts";

/**
 * The duties of state transfer (Castro–Liskov, TOCS §6.2), above all the *weak certificate*: f+1
 * equal statements, one of them by a correct replica.
 */

const timing = { batchItemCountMin: 1, checkpointInterval: 8 };

function grow(cluster: TestCluster, to: number, at: readonly number[]): void {
  for (let count = 0; cluster.host(at[0]!).replica.status.sequence < to; count++) {
    put(cluster, `${to} ${count}`, at);
    cluster.run(20);
  }
  cluster.run(300);
}

/** A crash after which only the newest version and the log from its place are there. */
function crashAndForgetVersions(host: TestHost): void {
  host.crash();
  host.stored = host.application.snapshot();
  host.states.clear();
  host.states.set(host.stored.sequence, host.stored);
}

const BEHIND = 2;
const SILENT = 3;

/**
 * Replica 2 was away while the others went on to 40. Then replica 3 states nothing any more, the
 * others execute further, and crash: of 40, the last that is certified, nobody has the versions.
 */
function stranded(beforeBoot: (cluster: TestCluster) => void = () => undefined): TestCluster {
  const cluster = new TestCluster({ timing });
  grow(cluster, 4, [0, 1, 2, 3]);
  cluster.host(BEHIND).crash();
  grow(cluster, 40, [0, 1, 3]);
  // Nor can it make a certificate of theirs.
  cluster.passes = (frame) =>
    !((frame.from === SILENT || frame.to === SILENT) && isSigned(frame, SIGNED_STATEMENT));
  grow(cluster, 46, [0, 1, 3]);
  expect(cluster.host(0).replica.status).toMatchObject({ sequence: 46, certified: 40 });
  for (const index of [0, 1, SILENT]) crashAndForgetVersions(cluster.host(index));
  cluster.host(SILENT).states.clear();
  beforeBoot(cluster);
  for (const host of cluster.hosts) host.boot();
  return cluster;
}

const transfersOf = (host: TestHost): readonly (readonly [number, number])[] =>
  outputsOf(host, "transfer").map(({ certificate: { statement, signatures } }) => [
    statementCodec.decode(statement).sequence,
    signatures.length,
  ]);

describe("TOCS §6.2 a weak certificate", () => {
  it("brings up a replica when the newest certified root is nowhere any more", () => {
    const cluster = stranded();
    const host = cluster.host(BEHIND);
    expect(cluster.runUntil(() => host.application.sequence >= 46, 20_000)).toBe(true);
    expect(transfersOf(host)).toEqual([
      [40, 3],
      [46, 2],
    ]);
    const digest = put(cluster, "together again");
    expect(cluster.runUntil(allExecuted(cluster, digest), 5000)).toBe(true);
    const isCertified = (): boolean =>
      [0, 1, BEHIND].every((at) => cluster.host(at).replica.status.certified > 46);
    expect(cluster.runUntil(isCertified, 5000)).toBe(true);
    cluster.agreedRoots();
  });

  it("and is remembered: the replica restarts without amnesia, and its window goes on", () => {
    const cluster = stranded();
    const host = cluster.host(BEHIND);
    expect(cluster.runUntil(() => host.application.sequence >= 46, 20_000)).toBe(true);
    crashAndForgetVersions(host);
    host.boot();
    expect(host.replica.status.amnesia).toBeUndefined();
    grow(cluster, 80, [0, 1, BEHIND]);
    expect(host.replica.status).toMatchObject({ amnesia: undefined, stable: 80 });
    expect(host.replica.status.certified).toBeGreaterThanOrEqual(80);
  });

  it("is not made of f statements, nor of f+1 that differ", () => {
    const cluster = stranded(({ hosts }) => {
      hosts[1]!.forgeSigned = (type, body) => {
        if (type !== SIGNED_STATEMENT) return body;
        const statement = statementCodec.decode(body);
        return statementCodec.encode({ ...statement, stateRoot: sha256(statement.stateRoot) });
      };
    });
    const host = cluster.host(BEHIND);
    cluster.run(10_000);
    expect(transfersOf(host).filter(([, count]) => count < 3)).toEqual([]);
    expect(host.application.sequence).toBeLessThan(40);
  });

  it("is tried in turn with the certified root, ever more slowly, while neither can be had", () => {
    const cluster = stranded();
    const host = cluster.host(BEHIND);
    host.transfersFail = true;
    cluster.run(60_000);
    const targets = transfersOf(host).map(([sequence]) => sequence);
    expect(targets.slice(0, 4)).toEqual([40, 46, 40, 46]);
    expect(targets.length).toBeLessThan(25);
    host.transfersFail = false;
    expect(cluster.runUntil(() => host.application.sequence >= 46, 10_000)).toBe(true);
  });

  /** Five members: with f+1 = 2 statements and its own it has not the Q = 4. */
  it("excuses from nothing: what was prepared above the certified is shown in a view-change", () => {
    const cluster = new TestCluster({ timing, memberCount: 5 });
    const host = cluster.host(BEHIND);
    const all = [0, 1, 2, 3, 4];
    grow(cluster, 20, all);
    const { certified } = host.replica.status;
    const others = all.filter((index) => index !== BEHIND);
    const isNeeded = (frame: Flying): boolean => !isSigned(frame, SIGNED_STATEMENT);
    // It prepares and votes, and never hears that anything was committed.
    cluster.passes = (frame) =>
      isNeeded(frame) &&
      !(frame.to === BEHIND && (carries(VOTE_COMMIT)(frame) || frame.kind === FRAME.committed));
    grow(cluster, certified + 3, others);
    const prepared = outputsOf(host, "vote").flatMap(({ vote }) =>
      vote.type === VOTE_COMMIT && vote.sequence > certified ? [vote.sequence] : [],
    );
    expect(prepared.length).toBeGreaterThan(0);
    expect(host.application.sequence).toBe(certified);
    // Two of the others' statements come through at last, to it alone, and no page.
    const isHeard = ({ from, to }: Flying): boolean => to === BEHIND && (from === 1 || from === 3);
    cluster.passes = (frame) =>
      (isNeeded(frame) || isHeard(frame)) &&
      frame.kind !== FRAME.committed &&
      !(frame.to === BEHIND && carries(VOTE_COMMIT)(frame));
    expect(cluster.runUntil(() => transfersOf(host).length > 0, 20_000)).toBe(true);
    expect(transfersOf(host)).toEqual([[certified + 3, 2]]);
    expect(host.replica.status).toMatchObject({ sequence: certified + 3, certified });
    cluster.host(0).crash();
    put(cluster, "for another primary", [1, 2, 3, 4]);
    const left = (): number[] =>
      outputsOf(host, "persist").flatMap(({ record }) =>
        record.type === "view-change"
          ? viewChangeCodec.decode(record.body).prepared.map(({ sequence }) => sequence)
          : [],
      );
    expect(cluster.runUntil(() => left().length > 0, 20_000)).toBe(true);
    expect(left()).toEqual(expect.arrayContaining([...new Set(prepared)]));
  });
});
