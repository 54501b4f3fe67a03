import { describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import type { Epoch, ReplicaIndex, Sequence } from "../../base/types.ts";
import {
  SIGNED_HEARTBEAT,
  VOTE_ACKNOWLEDGEMENT,
  VOTE_COMMIT,
  heartbeatCodec,
  statementCodec,
} from "../wire/certificate.ts";
import { FRAME } from "../wire/frame.ts";
import { Safety } from "../safety.ts";
import type { Output, PromiseRecord } from "./output.ts";
import { TestCluster } from "./testing/test-cluster.ts";
import type { Flying } from "./testing/test-cluster.ts";
import { sha256 } from "./testing/table-crypto.ts";
import type { TestHost } from "./testing/test-host.ts";

const outputsOf = <T extends Output["type"]>(host: TestHost, type: T) =>
  host.outputs.filter((output): output is Extract<Output, { type: T }> => output.type === type);
const signs = (host: TestHost): number =>
  outputsOf(host, "vote").length + outputsOf(host, "sign").length;

function busy(count = 6): TestCluster {
  const cluster = new TestCluster({});
  for (let round = 0; round < count; round++) {
    const { bytes } = cluster.writers[0]!.put(`value ${round}`);
    for (const host of cluster.hosts) host.submit(bytes);
    cluster.run(40);
  }
  cluster.run(200);
  return cluster;
}

function promisesOf({ promises }: TestHost): readonly PromiseRecord[] {
  if (promises === "missing") throw new Error("promises");
  return promises;
}

function restart(cluster: TestCluster, promises: readonly PromiseRecord[] | "missing"): TestHost {
  const host = cluster.host(2);
  host.crash({ storeLost: true });
  host.promises = promises === "missing" ? promises : [...promises];
  host.outputs.length = 0;
  host.boot();
  return host;
}

describe("durable before sent", () => {
  it("what a vote rests on is asked to persist before the vote", () => {
    const { outputs } = busy().host(1);
    const commit = outputs.findIndex(
      (each) => each.type === "vote" && each.vote.type === VOTE_COMMIT,
    );
    const kinds = outputs
      .slice(0, commit)
      .flatMap((each) => (each.type === "persist" ? [each.record.type] : []));
    expect(kinds).toEqual(["batch", "vote", "prepared", "vote"]);
  });

  it("a statement follows its commit certificate", () => {
    const { outputs } = busy().host(1);
    const kinds = outputs.flatMap((each) => (each.type === "persist" ? [each.record.type] : []));
    expect(kinds.indexOf("statement")).toBeGreaterThan(kinds.indexOf("committed"));
  });
});

describe("a replica that restarts", () => {
  it("executes its log again to the same root and says nothing new", () => {
    const cluster = busy();
    const root = toHex(cluster.host(2).application.stateRoot);
    const host = restart(cluster, cluster.host(2).promises);
    expect(toHex(host.application.stateRoot)).toBe(root);
    expect(host.replica.status).toMatchObject({ amnesia: undefined, active: true });
    expect(outputsOf(host, "persist")).toEqual([]);
  });

  it("with a store behind the last but one checkpoint executes its log from there", () => {
    const cluster = new TestCluster({ timing: { batchItemCountMin: 1, checkpointInterval: 4 } });
    const host = cluster.host(2);
    for (let round = 0; host.replica.status.stable < 16; round++) {
      const { bytes } = cluster.writers[0]!.put(`value ${round}`);
      for (const each of cluster.hosts) each.submit(bytes);
      cluster.run(40);
    }
    cluster.run(200);
    // Nothing is dropped that the store is not past, so the log is whole above it.
    const promises = outputsOf(host, "persist").map(({ record }) => record);
    const { sequence } = host.replica.status;
    host.crash();
    host.stored = host.states.get(6);
    host.promises = promises;
    cluster.passes = () => false;
    host.boot();
    expect(host.replica.status).toMatchObject({ sequence, stable: 16, amnesia: undefined });
    expect(host.application.released).toBe(12);
    expect(toHex(host.application.stateRoot)).toBe(toHex(cluster.host(0).application.stateRoot));
  });

  it("signs no heartbeat below a sequence whose statement it signed", () => {
    const cluster = busy();
    const { promises } = cluster.host(2);
    if (promises === "missing") throw new Error("promises");
    // The application is lost and the log cannot bring it back.
    const host = restart(
      cluster,
      promises.filter(({ type }) => type !== "batch"),
    );
    expect(host.application.sequence).toBe(0);
    cluster.passes = () => false;
    cluster.run(3000);
    expect(
      outputsOf(host, "sign").filter(({ signedType }) => signedType === SIGNED_HEARTBEAT),
    ).toEqual([]);
    cluster.passes = () => true;
    expect(cluster.runUntil(() => host.application.sequence > 0, 4000)).toBe(true);
  });
});

describe("a replica that restarts after a transfer", () => {
  it("signs nothing where its promises are gone, and all that comes after", () => {
    const cluster = new TestCluster({ timing: { batchItemCountMin: 1 } });
    const put = (indexes: readonly number[]): string => {
      const { bytes, digest } = cluster.writers[0]!.put(`value at ${cluster.nowMs}`);
      for (const index of indexes) cluster.host(index).submit(bytes);
      return toHex(digest);
    };
    const grow = (to: number, indexes: readonly number[]): void => {
      while (cluster.host(0).replica.status.sequence < to) {
        put(indexes);
        cluster.run(20);
      }
    };
    const host = cluster.host(3);
    // It has an old stable checkpoint of its own, and is then left behind.
    grow(140, [0, 1, 2, 3]);
    cluster.run(500);
    host.crash();
    grow(560, [0, 1, 2]);
    host.boot();
    expect(cluster.runUntil(() => host.replica.status.sequence >= 560, 5000)).toBe(true);
    const transferred = outputsOf(host, "transfer").length;
    expect(transferred).toBeGreaterThan(0);
    cluster.run(500);
    const promises = promisesOf(host);
    const floor = promises.flatMap((record) => (record.type === "floor" ? [record.below] : []))[0]!;
    expect(floor).toBeGreaterThan(300);
    // As a real log does it: a whole segment stays, with an older checkpoint in it.
    const old = promisesOf(cluster.host(0)).filter(({ type }) => type === "stable");
    const safety = Safety.recover(0 as Epoch, [...old, ...promises], host.application.sequence);
    expect(safety.amnesia).toBeUndefined();
    const lie = sha256(new Uint8Array(1));
    expect(safety.permitStatement(floor, lie)).toBe("refused");
    expect(safety.permitStatement((floor - 20) as Sequence, lie)).toBe("refused");
    host.crash();
    host.boot();
    const digest = put([0, 1, 2, 3]);
    cluster.host(1).crash();
    expect(cluster.runUntil(() => host.executions.includes(digest), 5000)).toBe(true);
    expect(host.replica.status.amnesia).toBeUndefined();
  });
});

describe("a replica that finds its rows damaged", () => {
  function damaged(cluster: TestCluster): TestHost {
    const host = cluster.host(2);
    host.crash();
    host.stored = host.application.snapshot();
    host.rowsDamaged = true;
    host.outputs.length = 0;
    return host;
  }

  it("executes nothing on them, is repaired by a transfer, and is no amnesiac", () => {
    const cluster = busy();
    const host = damaged(cluster);
    cluster.passes = (frame) => frame.to !== 2;
    host.boot();
    const { bytes, digest } = cluster.writers[1]!.put("meanwhile");
    for (const each of cluster.hosts) each.submit(bytes);
    cluster.run(1000);
    expect(outputsOf(host, "executed")).toEqual([]);
    cluster.passes = () => true;
    const isRepaired = (): boolean => host.application.isWhole;
    expect(cluster.runUntil(isRepaired, 3000)).toBe(true);
    expect(host.replica.status.amnesia).toBeUndefined();
    const followed = (): boolean =>
      toHex(host.application.stateRoot) === toHex(cluster.host(0).application.stateRoot);
    expect(cluster.runUntil(followed, 3000)).toBe(true);
    expect(cluster.host(0).executions).toContain(toHex(digest));
    // Its vote counts again.
    cluster.host(3).crash();
    const after = cluster.writers[1]!.put("after");
    for (const each of cluster.hosts) each.submit(after.bytes);
    const executed = (): boolean => host.executions.includes(toHex(after.digest));
    expect(cluster.runUntil(executed, 3000)).toBe(true);
  });

  it("repaired at an older root than it had, it executes its own log again", () => {
    const cluster = busy();
    const host = damaged(cluster);
    const had = host.application.sequence;
    const older = cluster.host(0).replica.certificateAt((had - 2) as Sequence);
    if (older === undefined) throw new Error("certificate");
    cluster.passes = () => false;
    host.boot();
    host.step({ type: "certificate", certificate: older as never });
    cluster.run(1000);
    expect(outputsOf(host, "transfer")).toHaveLength(1);
    expect(host.application.sequence).toBe(had);
    expect(toHex(host.application.stateRoot)).toBe(toHex(cluster.host(0).application.stateRoot));
  });

  it("in an idle cluster, too, and asks at a measured pace while nobody can help", () => {
    const cluster = busy();
    const host = damaged(cluster);
    host.transfersFail = true;
    host.boot();
    cluster.run(2000);
    expect(outputsOf(host, "transfer").length).toBeGreaterThan(0);
    expect(outputsOf(host, "transfer").length).toBeLessThan(20);
    host.transfersFail = false;
    expect(cluster.runUntil(() => host.application.isWhole, 2000)).toBe(true);
    expect(toHex(host.application.stateRoot)).toBe(toHex(cluster.host(0).application.stateRoot));
  });
});

describe("an amnesiac replica", () => {
  it.each<[string, (records: readonly PromiseRecord[]) => readonly PromiseRecord[] | "missing"]>([
    ["has no promise file", () => "missing"],
    [
      "lacks the prepared certificate of a commit",
      (records) => records.filter(({ type }) => type !== "prepared"),
    ],
    [
      "lacks the commit certificate of a statement",
      (records) => records.filter(({ type }) => type !== "committed"),
    ],
  ])("%s: it signs and writes nothing, and follows", (_name, forget) => {
    const cluster = busy();
    const { promises } = cluster.host(2);
    if (promises === "missing") throw new Error("promises");
    const host = restart(cluster, forget(promises));
    const { bytes, digest } = cluster.writers[1]!.put("without it");
    for (const each of cluster.hosts) each.submit(bytes);
    cluster.run(4000);
    expect(host.replica.status.amnesia).toBeDefined();
    expect(signs(host)).toBe(0);
    expect(outputsOf(host, "persist")).toEqual([]);
    expect(cluster.host(1).executions).toContain(toHex(digest));
    expect(host.application.sequence).toBe(cluster.host(1).application.sequence);
  });
});

describe("faults that are told apart", () => {
  it("a diverged root is counted and replaced by a transfer", () => {
    const cluster = busy();
    const host = cluster.host(3);
    host.application.corruptNext = true;
    const { bytes } = cluster.writers[1]!.put("corrupted at one");
    for (const each of cluster.hosts) each.submit(bytes);
    cluster.run(500);
    expect(host.replica.status.divergedCount).toBeGreaterThan(0);
    expect(outputsOf(host, "transfer").length).toBeGreaterThan(0);
    expect(toHex(host.application.stateRoot)).toBe(toHex(cluster.host(0).application.stateRoot));
  });

  it("a failed transfer is asked for again", () => {
    const cluster = busy();
    const host = cluster.host(3);
    host.transfersFail = true;
    host.application.corruptNext = true;
    const { bytes } = cluster.writers[1]!.put("corrupted at one");
    for (const each of cluster.hosts) each.submit(bytes);
    cluster.run(300);
    host.transfersFail = false;
    cluster.run(500);
    expect(toHex(host.application.stateRoot)).toBe(toHex(cluster.host(0).application.stateRoot));
  });

  it("what a failed transfer did not bring and execution did is not transferred again", () => {
    const cluster = new TestCluster({});
    const host = cluster.host(3);
    const late: Flying[] = [];
    host.transfersFail = true;
    cluster.passes = (frame) => {
      if (frame.to !== host.index) return true;
      if (frame.kind === FRAME.committed) late.push(frame);
      return frame.kind === FRAME.signed;
    };
    const { bytes } = cluster.writers[1]!.put("missed");
    for (const each of cluster.hosts) each.submit(bytes);
    const failed = (): boolean => outputsOf(host, "transfer").length > 0;
    expect(cluster.runUntil(failed)).toBe(true);
    host.transfersFail = false;
    for (const { from, kind, body } of late) host.receive(from, kind, body);
    expect(host.application.sequence).toBe(cluster.host(0).application.sequence);
    const before = outputsOf(host, "transfer").length;
    cluster.run(1000);
    expect(outputsOf(host, "transfer").length).toBe(before);
  });

  it("two certificates of one sequence halt the replica for ever", () => {
    const cluster = busy();
    const host = cluster.host(1);
    const certificate = host.replica.certificateAt(1 as never);
    if (certificate === undefined) throw new Error("certificate");
    const statement = statementCodec.decode(certificate.statement);
    const forged = statementCodec.encode({ ...statement, stateRoot: sha256(statement.stateRoot) });
    // Only more than f liars can make one; the verifier is passed by.
    host.step({ type: "certificate", certificate: { ...certificate, statement: forged } as never });
    expect(outputsOf(host, "halt")).toHaveLength(1);
    expect(host.replica.status.halted).toBe(true);
    host.outputs.length = 0;
    const { bytes } = cluster.writers[1]!.put("unheard");
    for (const each of cluster.hosts) each.submit(bytes);
    cluster.run(3000);
    expect(signs(host)).toBe(0);
  });
});

describe("bytes first, then order", () => {
  it("an uploaded write set is ordered with Q acknowledgements, though one replica lacks the bytes", () => {
    const cluster = new TestCluster({});
    const { bytes, digest } = cluster.writers[0]!.put("large", { inline: false });
    for (const at of [1, 2, 3]) cluster.host(at).submit(bytes);
    expect(
      cluster.runUntil(
        () => cluster.hosts.every((host) => host.executions.includes(toHex(digest))),
        500,
      ),
    ).toBe(true);
  });

  it("with fewer acknowledgements it is not ordered, and nobody suspects the primary", () => {
    const cluster = new TestCluster({});
    const { bytes } = cluster.writers[0]!.put("withheld", { inline: false });
    for (const at of [1, 2]) cluster.host(at).submit(bytes);
    cluster.run(2000);
    expect(cluster.hosts.flatMap((host) => host.executions)).toEqual([]);
    expect(cluster.host(1).replica.status).toMatchObject({ view: 0, awaitedCount: 1 });
    expect(
      outputsOf(cluster.host(1), "vote").some(({ vote }) => vote.type === VOTE_ACKNOWLEDGEMENT),
    ).toBe(true);
  });

  it("once its end has passed, agreed time is moved and it is let go", () => {
    const cluster = new TestCluster({});
    const notAfterMs = cluster.nowMs + 1000;
    const { bytes } = cluster.writers[0]!.put("withheld", { inline: false, notAfterMs });
    for (const at of [0, 1]) cluster.host(at).submit(bytes);
    cluster.run(3000);
    expect(cluster.host(0).replica.status.awaitedCount).toBe(0);
    expect(cluster.host(1).replica.status.awaitedCount).toBe(0);
    expect(outputsOf(cluster.host(1), "refused").at(-1)).toMatchObject({ reason: "closed" });
  });
});

describe("freshness", () => {
  it("an idle cluster's root stays fresh by Q equal heartbeats, without ordering anything", () => {
    const cluster = busy();
    const { sequence } = cluster.host(0).replica.status;
    cluster.run(5000);
    expect(cluster.host(0).replica.status.sequence).toBe(sequence);
    const fresh = outputsOf(cluster.host(0), "fresh").at(-1)!;
    expect(fresh.heartbeats).toHaveLength(3);
    const beats = fresh.heartbeats.map(({ heartbeat }) => heartbeatCodec.decode(heartbeat));
    expect(new Set(beats.map((beat) => beat.sequence))).toEqual(new Set([sequence]));
  });

  it("a probe is answered over the reader's nonce, at the last durable statement", () => {
    const host = busy().host(1);
    const nonce = sha256(new Uint8Array(1));
    const body = host.replica.probe(nonce, host.now());
    if (body === undefined) throw new Error("no heartbeat");
    expect(heartbeatCodec.decode(body)).toMatchObject({
      nonce,
      sequence: host.replica.status.sequence,
    });
  });
});

describe("votes that nobody needs", () => {
  it("beyond a quorum only a contradiction is wanted", () => {
    const host = busy().host(1);
    const sequence = host.replica.status.sequence;
    const commit = outputsOf(host, "persist").flatMap(({ record }) =>
      record.type === "committed" && record.certificate.sequence === sequence
        ? [record.certificate]
        : [],
    )[0]!;
    const { view, digest } = commit;
    const vote = { type: VOTE_COMMIT, epoch: 0 as Epoch, view, sequence, digest } as const;
    const needs = (author: number, votes: readonly (typeof vote)[]): boolean =>
      host.replica.needs({ author: author as ReplicaIndex, votes });
    expect([0, 2, 3].map((author) => needs(author, [vote]))).toEqual([false, false, false]);
    expect(needs(2, [{ ...vote, digest: sha256(digest) }])).toBe(true);
    expect(needs(2, [{ ...vote, sequence: (sequence + 1) as typeof sequence }])).toBe(true);
  });
});
