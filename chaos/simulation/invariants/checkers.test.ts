import { describe, expect, it } from "vitest";
import { utf8 } from "../../../base/bytes.ts";
import { hlcFromMs } from "../../../base/hlc.ts";
import type { Hash, Hlc, ReplicaIndex, Sequence, View } from "../../../base/types.ts";
import { genesisCommittee, genesisOf } from "../../../consensus/genesis.ts";
import type { Input, Now } from "../../../consensus/replica/input.ts";
import type { Output, PromiseRecord } from "../../../consensus/replica/output.ts";
import { newViewCodec } from "../../../consensus/wire/agreement.ts";
import {
  SIGNED_STATEMENT,
  VOTE_PREPARE,
  statementCodec,
  voteCodec,
  votePackCodec,
  signedCodec,
} from "../../../consensus/wire/certificate.ts";
import type { Certificate, Vote } from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { ENTRY_CONFIRMED, entryRowCodec } from "../../../consensus/wire/rows.ts";
import type { Operation } from "../clients/history.ts";
import type { SimulatedClient } from "../clients/simulated-client.ts";
import { drawPlan } from "../faults/draw-plan.ts";
import { tableCryptography } from "../world/crypto-table.ts";
import { KIND_IMMUTABLE } from "../world/kinds.ts";
import { EPOCH_MS } from "../world/simulated-clock.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import { World } from "../world/world.ts";
import { allCheckers } from "./all-checkers.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { TrueEpochs } from "./true-epochs.ts";
import { watchOf } from "./watch-of.ts";

/** Each checker is shown one thing that must not be, and says so; and its like that may be. */
const { crypto, signerOf } = tableCryptography();
const hash = (text: string): Hash => crypto.hash(utf8(text));
const signers = [0, 1, 2, 3].map((index) => signerOf(`replica ${index}`));
const genesis = genesisOf(crypto.hash, {
  name: "test",
  members: signers.map(({ publicKey }, index) => ({ publicKey, address: `replica:${index}` })),
  faultyMax: 1,
  writers: [],
  namespaces: [{ namespace: "pair", confirmations: 2 }],
  time: hlcFromMs(EPOCH_MS),
});

const NOW: Now = { monotonicMs: 0, reading: hlcFromMs(EPOCH_MS), clockCertain: true };
const PROOFS = [new Uint8Array(0), new Uint8Array(0)] as const;
const TICK: Input = { type: "tick" };

function replicaOf(index: number, more: object = {}): SimulatedReplica {
  const clock = { hlc: () => undefined };
  const committee = genesisCommittee(genesis);
  const process = { clock, committee, machine: { status: { view: 0, sequence: 0, stable: 0 } } };
  const name = `replica ${index}`;
  return {
    index,
    name,
    signer: signers[index],
    isCorrect: true,
    bootCount: 1,
    process,
    ...more,
  } as unknown as SimulatedReplica;
}

const vote = (more: Partial<Vote> = {}): Vote => ({
  type: VOTE_PREPARE,
  epoch: 0 as Vote["epoch"],
  view: 0 as View,
  sequence: 1 as Sequence,
  digest: hash("batch"),
  ...more,
});

const packOf = (votes: readonly Vote[]): Uint8Array =>
  votePackCodec.encode({
    author: 1 as ReplicaIndex,
    epoch: 0 as Vote["epoch"],
    votes: votes.map((each) => voteCodec.encode(each)),
    signature: signers[1]!.sign(utf8("whatever")),
  });

const statementOf = (sequence: number, root: string): Uint8Array =>
  statementCodec.encode({
    epoch: 0 as Vote["epoch"],
    sequence: sequence as Sequence,
    stateRoot: hash(root),
    agreedTime: 1n as Hlc,
  });

const executedOf = (sequence: number, root: string, agreedTime = hlcFromMs(EPOCH_MS)): Output => ({
  type: "executed",
  sequence: sequence as Sequence,
  stateRoot: hash(root),
  agreedTime,
  writeSets: [],
});

const clientOf = (number: number): SimulatedClient => ({ number }) as unknown as SimulatedClient;
const operationOf = (more: Partial<Operation> = {}): Operation => ({
  process: 0,
  op: "put",
  key: "a key",
  value: undefined,
  kind: KIND_IMMUTABLE,
  succeeds: 0,
  invokedAt: 0,
  returnedAt: 10,
  outcome: 0,
  sequence: 5,
  ...more,
});

interface Scene {
  readonly checkers: readonly Checker[];
  readonly watch: ReturnType<typeof watchOf>;
  readonly world: World;
}

function scene(): Scene {
  const world = new World(1);
  const plan = { ...drawPlan(1), liars: [{ index: 3, strategies: [], twin: false }] };
  const frame: CheckerFrame = {
    epochs: new TrueEpochs(genesisCommittee(genesis)),
    world,
    plan,
    genesis,
    committee: genesisCommittee(genesis),
    crypto,
  };
  const checkers = allCheckers(frame);
  return { checkers, watch: watchOf(checkers), world };
}

function step(at: Scene, replica: SimulatedReplica, outputs: readonly Output[], now = NOW): void {
  at.watch.witness.step(replica, TICK, outputs, now);
}

const persist = (record: PromiseRecord): Output => ({ type: "persist", record });

function falseCertificate(authors: readonly number[]): Certificate {
  const votes = authors.map((author) => ({
    author: author as ReplicaIndex,
    type: 3 as const,
    leafIndex: 0,
    leafCount: 1,
    path: [],
    signature: signers[author]!.sign(utf8("something else")),
  }));
  return { ...vote(), votes };
}

const found = (bytes: PromiseRecord[]): readonly PromiseRecord[] => bytes;

const violations: readonly (readonly [
  checker: string,
  what: string,
  plant: (at: Scene) => void,
])[] = [
  [
    "agreement",
    "two roots of one sequence",
    (at) => {
      step(at, replicaOf(0), [executedOf(1, "this")]);
      step(at, replicaOf(1), [executedOf(1, "that")]);
    },
  ],
  [
    "agreement",
    "a gap",
    (at) => {
      const replica = replicaOf(0);
      step(at, replica, [executedOf(1, "one")]);
      step(at, replica, [executedOf(3, "three")]);
    },
  ],
  [
    "certificates",
    "signatures over something else",
    (at) =>
      step(at, replicaOf(0), [
        persist({ type: "committed", certificate: falseCertificate([0, 1, 2]) }),
      ]),
  ],
  [
    "certificates",
    "a replica that halts though few lie",
    (at) =>
      step(at, replicaOf(0), [{ type: "halt", what: "two certificates", kind: 3, proofs: PROOFS }]),
  ],
  [
    "promised before sent",
    "a vote that is not on disk",
    (at) => at.watch.witness.send(replicaOf(1), "all", FRAME.votePack, packOf([vote()])),
  ],
  [
    "promised before sent",
    "two votes for one place",
    (at) => {
      const replica = replicaOf(1);
      const other = vote({ digest: hash("another batch") });
      at.watch.witness.durable(replica, [
        { type: "vote", vote: vote() },
        { type: "vote", vote: other },
      ]);
      at.watch.witness.send(replica, "all", FRAME.votePack, packOf([vote()]));
      at.watch.witness.send(replica, "all", FRAME.votePack, packOf([other]));
    },
  ],
  [
    "promised before sent",
    "a vote in a view that was not entered",
    (at) => {
      const replica = replicaOf(1);
      const ahead = vote({ view: 4 as View });
      at.watch.witness.durable(replica, [{ type: "vote", vote: ahead }]);
      at.watch.witness.send(replica, "all", FRAME.votePack, packOf([ahead]));
    },
  ],
  [
    "promised before sent",
    "a statement without its commit certificate",
    (at) => {
      const replica = replicaOf(1);
      const statement = statementOf(7, "root");
      const record = { type: "statement", sequence: 7 as Sequence, statement } as const;
      at.watch.witness.durable(replica, [record]);
      const body = signedCodec.encode({
        author: 1 as ReplicaIndex,
        type: SIGNED_STATEMENT,
        epoch: 0 as Vote["epoch"],
        body: statement,
        signature: signers[1]!.sign(statement),
      });
      at.watch.witness.send(replica, "all", FRAME.signed, body);
    },
  ],
  [
    "promised before sent",
    "a vote of one that has forgotten",
    (at) => {
      const replica = replicaOf(1, { isCorrect: false, amnesia: "promises are missing" });
      at.watch.witness.send(replica, "all", FRAME.votePack, packOf([vote()]));
    },
  ],
  [
    "nothing forgotten",
    "a promise that is not found again",
    (at) => {
      const replica = replicaOf(1);
      at.watch.witness.durable(replica, [{ type: "vote", vote: vote() }]);
      at.watch.witness.boot(replica, found([]));
    },
  ],
  [
    "nothing forgotten",
    "amnesia over a sound disk",
    (at) => at.watch.witness.boot(replicaOf(1), "a segment is missing"),
  ],
  [
    "new view follows",
    "a new view of nobody's view-changes",
    (at) => {
      const view = 1 as View;
      const epoch = 0 as Vote["epoch"];
      const body = newViewCodec.encode({ epoch, view, viewChanges: [], reproposals: [] });
      step(at, replicaOf(0), [persist({ type: "new-view", epoch, view, body })]);
    },
  ],
  [
    "time is true",
    "a clock that goes back",
    (at) => {
      const stamps = [hlcFromMs(EPOCH_MS), hlcFromMs(EPOCH_MS - 1)];
      const clock = { hlc: () => stamps.shift() };
      const { machine } = replicaOf(0).process!;
      const replica = replicaOf(0, { process: { machine, clock } });
      step(at, replica, []);
      step(at, replica, []);
    },
  ],
  [
    "time is true",
    "agreed time an hour ahead",
    (at) => step(at, replicaOf(0), [executedOf(1, "root", hlcFromMs(EPOCH_MS + 3_600_000))]),
  ],
  [
    "evidence",
    "a correct replica accused",
    (at) =>
      step(at, replicaOf(0), [
        { type: "evidence", author: 1 as ReplicaIndex, what: "votes", kind: 1, proofs: PROOFS },
      ]),
  ],
  [
    "one history",
    "an acknowledged write that nobody executed",
    (at) => at.watch.clients.wrote(clientOf(0), operationOf(), hash("a write set")),
  ],
  [
    "one history",
    "a read under a root that never was",
    (at) =>
      at.watch.clients.read(clientOf(0), operationOf({ op: "read-certified" }), {
        namespace: "pair",
        key: hash("key"),
        sequence: 0 as Sequence,
        stateRoot: hash("no root"),
        rowBytes: new Uint8Array(0),
        floor: 0 as Sequence,
      }),
  ],
];

describe("each checker sees what must not be", () => {
  it.each(violations)("%s: %s", (checker, _what, plant) => {
    expect(() => plant(scene())).toThrow(expect.objectContaining({ checker }));
  });

  it("real-time order: a linearizable read that misses an acknowledged write", () => {
    const at = scene();
    const order = at.checkers.find(({ name }) => name === "real-time order");
    order?.wrote?.(clientOf(0), operationOf({ returnedAt: 10, sequence: 5 }), hash("set"));
    const read = (invokedAt: number, sequence: number) => (): void =>
      order?.read?.(clientOf(1), operationOf({ op: "read-linearizable", invokedAt }), {
        namespace: "pair",
        key: hash("key"),
        sequence: sequence as Sequence,
        stateRoot: hash("root"),
        rowBytes: new Uint8Array(0),
        floor: 0 as Sequence,
      });
    expect(read(5, 4)).not.toThrow();
    expect(read(11, 5)).not.toThrow();
    expect(read(11, 4)).toThrow(expect.objectContaining({ checker: "real-time order" }));
  });

  it("trust rule: an entry served without the votes that it needs", () => {
    const at = scene();
    const rule = at.checkers.find(({ name }) => name === "trust rule");
    const rowBytes = entryRowCodec.encode({
      namespace: "pair",
      key: hash("key"),
      name: "",
      kind: KIND_IMMUTABLE,
      state: ENTRY_CONFIRMED,
      grade: 1,
      confidencePercent: 1,
      valueDigest: hash("value"),
      size: 1,
      semanticDigest: hash("value"),
      writer: signers[0]!.publicKey,
      operator: "operator",
      source: 1,
      path: [],
      time: 1n as Hlc,
      expiry: undefined,
      ttlMs: 0,
      version: 1,
      sequence: 1 as Sequence,
      votes: [],
      inline: true,
    });
    const read = (): void =>
      rule?.read?.(clientOf(1), operationOf({ op: "read-certified" }), {
        namespace: "pair",
        key: hash("key"),
        sequence: 1 as Sequence,
        stateRoot: hash("root"),
        rowBytes,
        floor: 0 as Sequence,
      });
    expect(read).toThrow(expect.objectContaining({ checker: "trust rule" }));
  });

  it("bounded memory: an input queue without an end", () => {
    const at = scene();
    const process = {
      loop: { queueLength: 1_000_000 },
      machine: { status: { stable: 0, sequence: 0, pendingCount: 0, awaitedCount: 0 } },
      state: { retains: () => false },
    };
    const replica = replicaOf(0, { process, disk: { byteCount: 0 } });
    const looker = at.checkers.find(({ name }) => name === "bounded memory");
    expect(() => looker?.look?.([replica])).toThrow(
      expect.objectContaining({ checker: "bounded memory" }),
    );
  });
});

describe("no checker minds", () => {
  it("what liars and damaged replicas do", () => {
    const at = scene();
    const liar = replicaOf(3, { isCorrect: false, disguise: { name: "liar" } });
    step(at, replicaOf(0), [executedOf(1, "this")]);
    step(at, liar, [executedOf(1, "that")]);
    at.watch.witness.send(liar, "all", FRAME.votePack, packOf([vote()]));
    at.watch.witness.boot(replicaOf(2, { isCorrect: false }), "promises are missing");
  });

  it("a vote that is on disk before it leaves", () => {
    const at = scene();
    const replica = replicaOf(1);
    at.watch.witness.durable(replica, [{ type: "vote", vote: vote() }]);
    at.watch.witness.send(replica, "all", FRAME.votePack, packOf([vote()]));
    at.watch.witness.boot(replica, found([{ type: "vote", vote: vote() }]));
  });
});
