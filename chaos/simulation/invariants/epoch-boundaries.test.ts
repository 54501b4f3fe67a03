import { beforeEach, describe, expect, it } from "vitest";
import { utf8 } from "../../../base/bytes.ts";
import { hlcFromMs } from "../../../base/hlc.ts";
import type { Epoch, Hlc, ReplicaIndex, Sequence, View } from "../../../base/types.ts";
import type { Committee } from "../../../consensus/committee.ts";
import { genesisCommittee, genesisOf } from "../../../consensus/genesis.ts";
import type { EpochEntry } from "../../../consensus/replica/context.ts";
import type { Output } from "../../../consensus/replica/output.ts";
import {
  SIGNED_HEARTBEAT,
  VOTE_PREPARE,
  heartbeatCodec,
  statementCodec,
  voteCodec,
  votePackCodec,
} from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { drawMembersPlan } from "../faults/draw-members-plan.ts";
import { tableCryptography } from "../world/crypto-table.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import { World } from "../world/world.ts";
import type { CheckerFrame } from "./checker.ts";
import { EpochBoundaries } from "./epoch-boundaries.ts";
import { plainSigningBytes } from "./independent-certificates.ts";
import { TrueEpochs } from "./true-epochs.ts";

const { crypto, signerOf } = tableCryptography();
const signers = [0, 1, 2, 3].map((index) => signerOf(`replica ${index}`));
const genesis = genesisOf(crypto.hash, {
  name: "test",
  members: signers.map(({ publicKey }, index) => ({ publicKey, address: `replica:${index}` })),
  faultyMax: 1,
  writers: [],
  namespaces: [],
  time: hlcFromMs(0),
});
const committee = genesisCommittee(genesis);
/** The same members, in the epoch after, which begins behind sequence 8. */
const next: Committee = { ...committee, epoch: 1 as Epoch };
const END = 8 as Sequence;
const stateRoot = crypto.hash(utf8("root"));

let checker: EpochBoundaries;
let replica: SimulatedReplica;

beforeEach(() => {
  const epochs = new TrueEpochs(committee);
  epochs.decide(next, END);
  const plan = drawMembersPlan(1);
  const frame: CheckerFrame = { world: new World(1), plan, genesis, committee, epochs, crypto };
  checker = new EpochBoundaries(frame);
  const process = { committee, state: { sequence: END } };
  const [signer] = signers;
  const named = { index: 0, name: "replica 0", isCorrect: true };
  replica = { ...named, signer, process } as unknown as SimulatedReplica;
});

const executed = (sequence: number): Output => ({
  ...{ type: "executed", sequence: sequence as Sequence, stateRoot },
  ...{ agreedTime: 1n as Hlc, writeSets: [] },
});
const step = (...outputs: readonly Output[]): void => {
  checker.step(replica, { type: "tick" }, outputs);
};

/** A link over a sequence, by these members of the first epoch. */
function entryAt(sequence: number, authors: readonly number[] = [0, 1, 2]): EpochEntry {
  const about = { epoch: committee.epoch, sequence: sequence as Sequence, stateRoot };
  const statement = statementCodec.encode({ ...about, agreedTime: 1n as Hlc });
  const message = plainSigningBytes(2, committee, statement);
  const signatures = authors.map((author) => ({
    author: author as ReplicaIndex,
    signature: signers[author]!.sign(message),
  }));
  return { boundary: END, certificate: { statement, signatures } };
}

function votes(epoch: number, sequence: number): void {
  const place = { epoch: epoch as Epoch, view: 0 as View, sequence: sequence as Sequence };
  const vote = voteCodec.encode({ type: VOTE_PREPARE, ...place, digest: stateRoot });
  const signature = signers[0]!.sign(vote);
  const pack = { author: 0 as ReplicaIndex, epoch: epoch as Epoch, votes: [vote], signature };
  checker.send(replica, "all", FRAME.votePack, votePackCodec.encode(pack));
}

const heartbeat = (sequence: number): Uint8Array =>
  heartbeatCodec.encode({
    ...{ epoch: committee.epoch, sequence: sequence as Sequence, stateRoot },
    ...{ asOf: hlcFromMs(0), nonce: new Uint8Array(0) },
  });
const beats = (sequence: number): Output => ({
  ...{ type: "sign", signedType: SIGNED_HEARTBEAT, body: heartbeat(sequence) },
});

describe("the boundary of an epoch is kept by who", () => {
  it("begins the next with its link, and signs for that from then on", () => {
    votes(0, 8);
    step(beats(7), executed(8));
    checker.began(replica, next, entryAt(8));
    votes(1, 9);
  });
});

describe("it is broken by", () => {
  it.each<[string, () => void]>([
    [
      "members that nobody decided",
      () => {
        checker.began(replica, { ...next, faultyMax: 0 }, entryAt(8));
      },
    ],
    ["a link of two of three", () => checker.began(replica, next, entryAt(8, [0, 1]))],
    ["a link over an earlier sequence", () => checker.began(replica, next, entryAt(7))],
    ["a heartbeat once all is executed", () => step(executed(8), beats(8))],
    ["an answer to a probe then", () => checker.probed(replica, heartbeat(8))],
    ["a sequence of the next epoch executed in this", () => step(executed(9))],
    ["a vote beyond the end", () => votes(0, 9)],
    ["a vote of the next epoch for what was before", () => votes(1, 8)],
    [
      "a word for an epoch that was left",
      () => {
        votes(1, 9);
        votes(0, 8);
      },
    ],
  ])("%s", (_, plant) => {
    expect(plant).toThrow(expect.objectContaining({ checker: "epoch boundaries" }));
  });
});
