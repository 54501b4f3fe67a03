import { describe, expect, it } from "vitest";
import type { Hash, Hlc, ReplicaIndex, Sequence, View } from "../../base/types.ts";
import { portableVote } from "../../consensus/certificates.ts";
import type { ReceivedVote } from "../../consensus/replica/input.ts";
import type { Output } from "../../consensus/replica/output.ts";
import { VOTE_PREPARE, certificateCodec } from "../../consensus/wire/certificate.ts";
import { EVIDENCE_VOTES } from "../../consensus/wire/evidence.ts";
import type { Signer } from "../simulation/world/crypto-table.ts";
import { TwinInstance } from "./twin-instance.ts";
import { TwinsGenesis } from "./twins-genesis.ts";
import { TwinsJudge } from "./twins-judge.ts";

const shared = new TwinsGenesis(4, 1);
const TWIN = 3;

function instance(index: number): TwinInstance {
  const onStep = (): void => undefined;
  const isFaulty = index === TWIN;
  return new TwinInstance(shared, { index: index as ReplicaIndex, place: index, isFaulty, onStep });
}

const judge = (): TwinsJudge => new TwinsJudge(shared, [TWIN]);

function executed(sequence: number, root: number): Output {
  return {
    type: "executed",
    sequence: sequence as Sequence,
    stateRoot: new Uint8Array(32).fill(root) as Hash,
    agreedTime: 7n as Hlc,
    writeSets: [],
  };
}

/** Two prepares that contradict each other, under this author's key. */
function contradiction(author: number): Extract<Output, { readonly type: "evidence" }> {
  const proof = (fill: number): Uint8Array => {
    const { epoch } = shared.committee;
    const vote = {
      type: VOTE_PREPARE,
      epoch,
      view: 0 as View,
      sequence: 1 as Sequence,
      digest: new Uint8Array(32).fill(fill) as Hash,
    } as const;
    const by = author as ReplicaIndex;
    const signer = shared.signers[author] as Signer;
    const { votes } = shared.verifier.packOwnVotes(
      { author: by, epoch, votes: [vote] },
      signer.sign,
    );
    return certificateCodec.encode(portableVote(votes[0] as ReceivedVote));
  };
  return {
    type: "evidence",
    author: author as ReplicaIndex,
    what: "two prepares",
    kind: EVIDENCE_VOTES,
    proofs: [proof(1), proof(2)],
  };
}

describe("the judge", () => {
  it("lets members without a twin execute the same, and nothing else", () => {
    const one = judge();
    one.step(instance(0), [executed(1, 5)]);
    one.step(instance(1), [executed(1, 5), executed(2, 6)]);
    expect(() => one.step(instance(2), [executed(2, 7)])).toThrow("something else at 2");
  });

  it("does not care what members with a twin execute", () => {
    const one = judge();
    one.step(instance(TWIN), [executed(1, 9)]);
    one.step(instance(0), [executed(1, 5)]);
    expect(one.marks.size).toBe(0);
  });

  it("takes no accusation without proof, nor of who has no twin, whatever the proof", () => {
    const just = contradiction(TWIN);
    const [proof] = just.proofs;
    judge().step(instance(0), [just]);
    expect(() => judge().step(instance(0), [{ ...just, proofs: [proof, proof] }])).toThrow(
      "has no proof against 3",
    );
    expect(() => judge().step(instance(0), [contradiction(1)])).toThrow(
      "accuses 1, who has no twin",
    );
  });

  it("lets nobody halt", () => {
    const { proofs, kind } = contradiction(TWIN);
    const halt: Output = { type: "halt", what: "two of one", kind, proofs };
    expect(() => judge().step(instance(1), [halt])).toThrow("replica 1: two of one");
  });
});
