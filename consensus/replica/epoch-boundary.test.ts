import { beforeEach, describe, expect, it } from "vitest";
import type { Epoch, ReplicaIndex, Sequence } from "../../base/types.ts";
import { Refusal } from "../refusal.ts";
import {
  SIGNED_HEARTBEAT,
  SIGNED_STATEMENT,
  signedCodec,
  statementCodec,
} from "../wire/certificate.ts";
import type { StatementCertificate } from "../wire/certificate.ts";
import type { Output } from "./output.ts";
import { TestCluster } from "./testing/test-cluster.ts";
import type { TestHost } from "./testing/test-host.ts";

/** Epochs end at c = 16 in these tests: intervals of 4, so a window of 8. */
const END = 16;
const timing = { checkpointInterval: 4 };

let cluster: TestCluster;
let everybody: readonly number[];

beforeEach(() => {
  cluster = new TestCluster({ seed: 11, timing });
  everybody = [...cluster.hosts.keys()];
});

function submit(count: number, pauseMs = 30): void {
  for (let each = 0; each < count; each++) {
    const { bytes } = cluster.writers[each % cluster.writers.length]!.put(
      `value ${cluster.nowMs} ${each}`,
    );
    for (const host of cluster.hosts) host.submit(bytes);
    cluster.run(pauseMs);
  }
}

const isAt = (sequence: number) => (): boolean =>
  cluster.hosts.every(({ replica, isUp }) => !isUp || replica.status.sequence === sequence);
const haveExecuted = (count: number) => (): boolean =>
  cluster.hosts.every(({ executions, isUp }) => !isUp || new Set(executions).size === count);
const certificateOf = (host: TestHost): StatementCertificate | undefined =>
  host.replica.certificateAt(END as Sequence);
const isCertified = (): boolean =>
  cluster.hosts.every((host) => !host.isUp || certificateOf(host) !== undefined);
const signedAs = (type: number, outputs: readonly Output[]): readonly Output[] =>
  outputs.filter((output) => output.type === "sign" && output.signedType === type);

/** To the end of epoch 0, which nobody's writes bring about. */
function endEpoch(): void {
  submit(2);
  cluster.endEpochAt(END);
  expect(cluster.runUntil(isAt(END))).toBe(true);
  expect(cluster.runUntil(isCertified)).toBe(true);
}

describe("an epoch whose end is decided", () => {
  it("is brought there by its primary alone, and not a sequence further", () => {
    endEpoch();
    submit(3);
    cluster.run(3_000);
    expect(isAt(END)()).toBe(true);
    for (const { outputs } of cluster.hosts) {
      const voted = outputs.flatMap((output) =>
        output.type === "vote" ? [output.vote.sequence] : [],
      );
      expect(Math.max(...voted)).toBe(END);
    }
  });

  it("is brought there by the next primary when this one does nothing", () => {
    submit(2);
    cluster.host(0).crash();
    cluster.endEpochAt(END);
    expect(cluster.runUntil(isAt(END))).toBe(true);
    expect(cluster.host(1).replica.status.view).toBeGreaterThan(0);
  });

  it("still executes what clients send, on the way", () => {
    submit(2);
    cluster.endEpochAt(END);
    submit(3, 0);
    cluster.runUntil(isAt(END));
    expect(haveExecuted(5)()).toBe(true);
  });

  it("has no heartbeat and no answer to a probe once its last sequence is executed", () => {
    submit(2);
    const nonce = new Uint8Array(32);
    const host = cluster.host(2);
    expect(host.replica.probe(nonce, host.now())).toBeDefined();
    endEpoch();
    const before = host.outputs.length;
    cluster.run(5_000);
    expect(host.replica.probe(nonce, host.now())).toBeUndefined();
    expect(signedAs(SIGNED_HEARTBEAT, host.outputs.slice(before))).toEqual([]);
  });

  it("states its last sequence again until it is certified", () => {
    submit(2);
    cluster.endEpochAt(END);
    // No statement about the boundary passes at first: everybody executes, nobody can go on.
    let blocked = true;
    cluster.passes = ({ body }) => !blocked || !includesStatementOf(END, body);
    expect(cluster.runUntil(isAt(END))).toBe(true);
    expect(isCertified()).toBe(false);
    blocked = false;
    expect(cluster.runUntil(isCertified)).toBe(true);
  });

  it("is certified with one who missed its last sequences, where nobody else is left", () => {
    submit(2);
    cluster.endEpochAt(END);
    // 2 hears nothing from 12 on, and of the statements about what follows nothing passes at all.
    const straggler = cluster.host(2);
    let blocked = true;
    cluster.passes = ({ to, body }) => {
      if (!blocked) return true;
      if (to === 2 && straggler.replica.status.sequence >= 12) return false;
      return ![13, 14, 15, END].some((sequence) => includesStatementOf(sequence, body));
    };
    const others = [0, 1, 3].map((index) => cluster.host(index).replica);
    const areThere = (): boolean => others.every(({ status }) => status.sequence === END);
    expect(cluster.runUntil(areThere)).toBe(true);
    expect(straggler.replica.status.sequence).toBe(12);
    // The other two have no heartbeat to tell it with, and leave no view: only their statements do.
    cluster.host(3).crash();
    cluster.run(2_000);
    blocked = false;
    expect(cluster.runUntil(isCertified)).toBe(true);
  });

  it("leaves no primary for what waits: that is for the next epoch", () => {
    endEpoch();
    const views = cluster.hosts.map(({ replica }) => replica.status.view);
    submit(3);
    cluster.run(10_000);
    expect(cluster.hosts.map(({ replica }) => replica.status.view)).toEqual(views);
  });
});

describe("convicts at the boundary", () => {
  it("have the numbers of the next epoch, which silence nobody in this one", () => {
    cluster = new TestCluster({ seed: 11, memberCount: 7, timing });
    submit(2);
    cluster.endEpochAt(END);
    let blocked = true;
    cluster.passes = ({ from, body }) =>
      !includesStatementOf(END, body) || (!blocked && from !== 5 && from !== 6);
    expect(cluster.runUntil(isAt(END))).toBe(true);
    // 5 and 6 are convicted, and silent; from here on their keys stand at the places 0 and 1.
    for (const { application } of cluster.hosts) {
      for (const index of [0, 1]) application.quarantined.add(index as ReplicaIndex);
    }
    cluster.endEpochAt(END);
    blocked = false;
    const correct = cluster.hosts.slice(0, 5);
    const areThere = (): boolean => correct.every((host) => certificateOf(host) !== undefined);
    expect(cluster.runUntil(areThere)).toBe(true);
  });
});

describe("an epoch that begins", () => {
  it("orders from the boundary on, in view 0, under its own number", () => {
    endEpoch();
    cluster.beginEpoch(certificateOf(cluster.host(3))!, everybody);
    submit(4);
    expect(cluster.runUntil(haveExecuted(6))).toBe(true);
    cluster.run(1_000);
    cluster.agreedRoots();
    for (const { replica } of cluster.hosts) {
      expect(replica.status).toMatchObject({ view: 0, amnesia: undefined, halted: false });
      const certificate = replica.certificateAt((END + 1) as Sequence);
      expect(statementCodec.decode(certificate!.statement).epoch).toBe(1);
    }
  });

  it("certifies something of its own at once, so that heartbeats have a root", () => {
    endEpoch();
    cluster.beginEpoch(certificateOf(cluster.host(0))!, everybody);
    expect(cluster.runUntil(() => cluster.host(1).replica.status.certified > END)).toBe(true);
    const host = cluster.host(1);
    expect(host.replica.probe(new Uint8Array(32), host.now())).toBeDefined();
  });

  it("never states the boundary a second time", () => {
    endEpoch();
    const counts = cluster.hosts.map(({ outputs }) => outputs.length);
    cluster.beginEpoch(certificateOf(cluster.host(0))!, everybody);
    submit(3);
    for (const [index, { outputs }] of cluster.hosts.entries()) {
      const since = signedAs(SIGNED_STATEMENT, outputs.slice(counts[index]));
      const stated = since.map((output) =>
        output.type === "sign" ? statementCodec.decode(output.body).sequence : 0,
      );
      expect(Math.min(...stated)).toBe(END + 1);
    }
  });

  it("is entered by one who was behind, who comes after by a transfer", () => {
    submit(2);
    const late = cluster.host(3);
    late.crash({ storeLost: true });
    cluster.endEpochAt(END);
    expect(cluster.runUntil(isAt(END))).toBe(true);
    expect(cluster.runUntil(isCertified)).toBe(true);
    cluster.beginEpoch(certificateOf(cluster.host(0))!, [0, 1, 2]);
    submit(2);
    late.enterEpoch();
    expect(cluster.runUntil(() => late.replica.status.sequence > END)).toBe(true);
    submit(2);
    const { sequence } = cluster.host(0).replica.status;
    expect(cluster.runUntil(() => late.replica.status.sequence >= sequence)).toBe(true);
    cluster.agreedRoots();
  });

  it("goes through a view change before it has certified anything", () => {
    endEpoch();
    cluster.host(0).crash();
    cluster.beginEpoch(certificateOf(cluster.host(1))!, [1, 2, 3]);
    submit(3);
    expect(cluster.runUntil(haveExecuted(5))).toBe(true);
    expect(cluster.host(1).replica.status.view).toBeGreaterThan(0);
    cluster.agreedRoots();
  });

  it("gets a root for readers where nobody writes and the first primary is dead", () => {
    endEpoch();
    cluster.host(0).crash();
    cluster.beginEpoch(certificateOf(cluster.host(1))!, [1, 2, 3]);
    expect(cluster.runUntil(() => cluster.host(1).replica.status.certified > END)).toBe(true);
    const host = cluster.host(1);
    expect(host.replica.probe(new Uint8Array(32), host.now())).toBeDefined();
  });

  it("survives a restart of all in its midst", () => {
    endEpoch();
    cluster.beginEpoch(certificateOf(cluster.host(1))!, everybody);
    submit(3);
    for (const host of cluster.hosts) host.crash();
    for (const host of cluster.hosts) host.boot();
    submit(3);
    expect(cluster.runUntil(haveExecuted(8))).toBe(true);
    cluster.agreedRoots();
  });

  it("hears nothing from the last one", () => {
    endEpoch();
    const old = quorumStatement(END - 1);
    cluster.beginEpoch(certificateOf(cluster.host(0))!, everybody);
    const { replica, verifier } = cluster.host(0);
    const { statement: body, signatures } = old;
    for (const { author, signature } of signatures) {
      const epoch = 0 as Epoch;
      const message = { author, epoch, type: SIGNED_STATEMENT, body, signature } as const;
      const input = verifier.signed(signedCodec.encode(message));
      if (input instanceof Refusal) throw new Error(input.why);
      replica.step(input, cluster.host(0).now());
    }
    expect(replica.status.dropCounts.get("a word of another epoch")).toBe(signatures.length);
  });
});

describe("what is signed outside its epoch", () => {
  it("is refused by the verifier, with a full quorum of right signatures", () => {
    endEpoch();
    const old = cluster.host(0);
    const forged = quorumStatement(END + 1);
    expect(old.verifier.statementCertificate(forged)).not.toBeInstanceOf(Refusal);
    cluster.beginEpoch(certificateOf(cluster.host(0))!, everybody);
    const refusal = cluster.host(0).verifier.statementCertificate(forged);
    expect(refusal).toMatchObject({ why: "statement outside its epoch" });
  });
});

/** What all members would have to sign so that epoch 0 went on beyond its end. */
function quorumStatement(sequence: number): StatementCertificate {
  const statement = statementCodec.encode({
    ...statementCodec.decode(certificateOf(cluster.host(0))!.statement),
    ...{ sequence: sequence as Sequence, epoch: 0 as Epoch },
  });
  const signatures = [0, 1, 2].map((author) => ({
    author: author as ReplicaIndex,
    signature: cluster.host(author).signStatement(statement),
  }));
  return { statement, signatures };
}

/** Whether a frame is somebody's signed statement about this sequence. */
function includesStatementOf(sequence: number, frame: Uint8Array): boolean {
  return cluster.hosts.some(({ verifier }) => {
    const peeked = verifier.peekSigned(frame);
    if (peeked instanceof Refusal || peeked.type !== "statement") return false;
    return peeked.received.message.sequence === sequence;
  });
}
