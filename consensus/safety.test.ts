import { describe, expect, it } from "vitest";
import { utf8 } from "../base/bytes.ts";
import type { Epoch, Hash, Hlc, Sequence, View } from "../base/types.ts";
import { Safety } from "./safety.ts";
import type { PromiseRecord } from "./replica/output.ts";
import { sha256 } from "./replica/testing/table-crypto.ts";
import { VOTE_COMMIT, VOTE_PREPARE, statementCodec } from "./wire/certificate.ts";
import type { Certificate, Vote } from "./wire/certificate.ts";

const epoch = 0 as Epoch;
const one = sha256(utf8("one"));
const two = sha256(utf8("two"));
const at = (type: Vote["type"], view: number, sequence: number, digest: Hash = one): Vote => ({
  type,
  epoch,
  view: view as View,
  sequence: sequence as Sequence,
  digest,
});
const certificate = (view: number, sequence: number, digest: Hash = one): Certificate => ({
  epoch,
  view: view as View,
  sequence: sequence as Sequence,
  digest,
  votes: [],
});

const recover = (records: readonly PromiseRecord[] | "missing", executed = 0): Safety =>
  Safety.recover(epoch, records, executed as Sequence);

describe("safety refuses", () => {
  it("a second digest in one place, and lets the first be said again", () => {
    const safety = new Safety(epoch);
    expect(safety.permitVote(at(VOTE_PREPARE, 0, 1))).toBe("first");
    expect(safety.permitVote(at(VOTE_PREPARE, 0, 1))).toBe("again");
    expect(safety.permitVote(at(VOTE_PREPARE, 0, 1, two))).toBe("refused");
    expect(safety.permitVote(at(VOTE_PREPARE, 1, 1, two))).toBe("first");
  });

  it("a vote of a lower view than the one promised", () => {
    const safety = new Safety(epoch);
    expect(safety.permitViewChange(2 as View, utf8("vc"))).toBe("first");
    expect(safety.permitVote(at(VOTE_PREPARE, 1, 1))).toBe("refused");
    expect(safety.permitVote(at(VOTE_PREPARE, 2, 1))).toBe("first");
    expect(safety.permitViewChange(1 as View, utf8("vc"))).toBe("refused");
    expect(safety.permitViewChange(2 as View, utf8("another"))).toBe("refused");
    expect(safety.permitNewView(2 as View, utf8("nv"))).toBe("first");
    expect(safety.permitNewView(2 as View, utf8("another"))).toBe("refused");
  });

  it("a commit without the prepared certificate of the same content", () => {
    const safety = new Safety(epoch);
    expect(safety.permitVote(at(VOTE_COMMIT, 0, 1))).toBe("refused");
    safety.notePrepared(certificate(0, 1));
    expect(safety.permitVote(at(VOTE_COMMIT, 0, 1, two))).toBe("refused");
    expect(safety.permitVote(at(VOTE_COMMIT, 0, 1))).toBe("first");
  });

  it("a second statement of one sequence, and a heartbeat below the last", () => {
    const safety = new Safety(epoch);
    expect(safety.permitStatement(4 as Sequence, one)).toBe("first");
    expect(safety.permitStatement(4 as Sequence, two)).toBe("refused");
    expect(safety.permitHeartbeat(3 as Sequence)).toBe(false);
    expect(safety.permitHeartbeat(4 as Sequence)).toBe(true);
  });

  it("everything where the log is gone, and of another epoch", () => {
    const safety = new Safety(epoch);
    safety.forget(10 as Sequence);
    expect(safety.permitVote(at(VOTE_PREPARE, 0, 10))).toBe("refused");
    expect(safety.permitVote(at(VOTE_PREPARE, 0, 11))).toBe("first");
    expect(safety.permitStatement(9 as Sequence, one)).toBe("refused");
    expect(safety.permitVote({ ...at(VOTE_PREPARE, 0, 12), epoch: 1 as Epoch })).toBe("refused");
  });
});

describe("rebuilt from the promises", () => {
  const records: PromiseRecord[] = [
    { type: "vote", vote: at(VOTE_PREPARE, 3, 7) },
    { type: "prepared", certificate: certificate(3, 7) },
    { type: "vote", vote: at(VOTE_COMMIT, 3, 7) },
    { type: "committed", certificate: certificate(3, 7) },
    { type: "statement", sequence: 7 as Sequence, statement: one },
    { type: "view-change", epoch, view: 5 as View, body: utf8("vc") },
  ];

  it("it still refuses what it promised not to sign", () => {
    const safety = recover(records);
    expect(safety.amnesia).toBeUndefined();
    expect(safety.promisedView).toBe(5);
    expect(safety.permitVote(at(VOTE_PREPARE, 3, 8))).toBe("refused");
    expect(safety.permitStatement(7 as Sequence, two)).toBe("refused");
    expect(safety.permitStatement(7 as Sequence, one)).toBe("again");
    expect(safety.permitHeartbeat(6 as Sequence)).toBe(false);
    expect(safety.viewRecords().map(({ type }) => type)).toEqual(["view-change"]);
  });

  it("after truncation the newest view promises are enough to know the view", () => {
    const safety = recover(records);
    expect(recover(safety.viewRecords()).promisedView).toBe(5);
  });

  it("a hole makes it amnesiac: it permits nothing", () => {
    for (const hole of ["prepared", "committed"]) {
      const safety = recover(records.filter(({ type }) => type !== hole));
      expect(safety.amnesia).toBeDefined();
      expect(safety.permitVote(at(VOTE_PREPARE, 9, 99))).toBe("refused");
      expect(safety.permitStatement(99 as Sequence, one)).toBe("refused");
      expect(safety.permitViewChange(9 as View, one)).toBe("refused");
      expect(safety.permitHeartbeat(99 as Sequence)).toBe(false);
    }
    const twice = [...records, { type: "vote", vote: at(VOTE_PREPARE, 3, 7, two) } as const];
    expect(recover(twice).amnesia).toBeDefined();
    expect(recover("missing").amnesia).toBeDefined();
  });

  it("where the file was cut off from below nothing is signed, but what it still holds again", () => {
    const stable = (at: number): PromiseRecord => ({
      type: "stable",
      certificate: {
        statement: statementCodec.encode({
          epoch,
          sequence: at as Sequence,
          stateRoot: one,
          agreedTime: 1n as Hlc,
        }),
        signatures: [],
      },
    });
    const floor: PromiseRecord = { type: "floor", below: 399 as Sequence };
    const stated: PromiseRecord = { type: "statement", sequence: 400 as Sequence, statement: one };
    // The record of an older checkpoint is still there, as its file was not full.
    const safety = recover([floor, stable(256), stable(400), stated], 400);
    expect(safety.amnesia).toBeUndefined();
    expect(safety.low).toBe(399);
    expect(safety.permitVote(at(VOTE_PREPARE, 0, 300))).toBe("refused");
    expect(safety.permitVote(at(VOTE_PREPARE, 0, 399))).toBe("refused");
    expect(safety.permitStatement(300 as Sequence, one)).toBe("refused");
    expect(safety.permitStatement(399 as Sequence, one)).toBe("refused");
    expect(safety.permitStatement(400 as Sequence, one)).toBe("again");
    expect(safety.permitStatement(400 as Sequence, two)).toBe("refused");
    expect(safety.permitStatement(401 as Sequence, one)).toBe("first");
    expect(safety.permitVote(at(VOTE_PREPARE, 0, 401))).toBe("first");
    expect(recover([floor, stable(256)], 0).amnesia).toBe("the last stable checkpoint is lost");
  });

  it("a file that ends one sequence before what was executed has lost its end", () => {
    expect(recover(records, 7).amnesia).toBeUndefined();
    for (const executed of [8, 12, 134, 500]) {
      expect(recover(records, executed).amnesia).toBe("the promises end before what was executed");
    }
    expect(recover([], 1).amnesia).toBe("the promises end before what was executed");
    expect(recover([], 0).amnesia).toBeUndefined();
  });
});
