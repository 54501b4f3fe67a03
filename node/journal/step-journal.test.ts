import { describe, expect, it } from "vitest";
import { hlcFromMs } from "../../base/hlc.ts";
import { EventScribe } from "../../base/journal/event-scribe.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { EVENT_DETAILS } from "../../base/journal/journal-event.ts";
import type { Epoch, Hash, ReplicaIndex, Sequence, View } from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import { OUTCOME_DISPUTED, OUTCOME_PENDING } from "../../consensus/execution/outcomes.ts";
import type { Input } from "../../consensus/replica/input.ts";
import type { Output } from "../../consensus/replica/output.ts";
import {
  SIGNED_HEARTBEAT,
  SIGNED_STATEMENT,
  SIGNED_SUSPICION,
  VOTE_COMMIT,
  VOTE_PREPARE,
  VOTE_PRE_PREPARE,
  statementCodec,
} from "../../consensus/wire/certificate.ts";
import type {
  Certificate,
  StatementCertificate,
  VoteType,
} from "../../consensus/wire/certificate.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import { suspicionCodec } from "../../consensus/wire/removal.ts";
import { StepJournal } from "./step-journal.ts";
import type { StepJournalOptions } from "./step-journal.ts";

const DIGEST = new Uint8Array(32).fill(0xab) as Hash;
const SHORT = "abababababababab";
const EPOCH = 0 as Epoch;
const VIEW = 2 as View;
const SEQUENCE = 9 as Sequence;
const TICK: Input = { type: "tick" };

const CERTIFICATE = {
  ...{ epoch: EPOCH, view: VIEW, sequence: SEQUENCE, digest: DIGEST },
  votes: [{ author: 0 }, { author: 1 }, { author: 3 }],
} as unknown as Certificate;

const STATEMENT: StatementCertificate = {
  statement: statementCodec.encode({
    ...{ epoch: EPOCH, sequence: SEQUENCE, stateRoot: DIGEST, agreedTime: hlcFromMs(1234) },
  }),
  signatures: [1, 2, 3].map((author) => ({ author }) as StatementCertificate["signatures"][0]),
};

type ExecutedOutput = Extract<Output, { readonly type: "executed" }>;

const EXECUTED: ExecutedOutput = {
  type: "executed",
  sequence: SEQUENCE,
  stateRoot: DIGEST,
  agreedTime: hlcFromMs(1234),
  writeSets: [],
};

const CERTIFIED = { epoch: 0, sequence: 9, root: SHORT, agreedMs: 1234 };
const INSTANCE = { epoch: 0, view: 2, sequence: 9, digest: SHORT };

describe("a step is told as", () => {
  it.each<[string, Input, Output[], [string, object][]]>([
    [
      "a proposal",
      TICK,
      [batch(500), vote(VOTE_PRE_PREPARE)],
      [["proposed", { ...INSTANCE, bytes: 500 }]],
    ],
    ["a prepare", TICK, [vote(VOTE_PREPARE)], [["voted", INSTANCE]]],
    ["nothing for a commit, whose certificate was told", TICK, [vote(VOTE_COMMIT)], []],
    [
      "certificates with their signers",
      TICK,
      [
        persist({ type: "prepared", certificate: CERTIFICATE }),
        persist({ type: "committed", certificate: CERTIFICATE }),
      ],
      [
        ["prepared", { ...INSTANCE, signers: "0 1 3" }],
        ["committed", { ...INSTANCE, signers: "0 1 3" }],
      ],
    ],
    [
      "an empty batch executed",
      TICK,
      [
        {
          type: "executed",
          sequence: SEQUENCE,
          stateRoot: DIGEST,
          agreedTime: hlcFromMs(1234),
          writeSets: [],
        },
      ],
      [["executed", { sequence: 9, root: SHORT, agreedMs: 1234, sets: 0, writes: 0 }]],
    ],
    [
      "a batch with a proof that was taken, one that was refused, and an artifact",
      TICK,
      [{ ...EXECUTED, writeSets: [wrote("cnf/1", 0), wrote("cnf/1", 5), wrote("raw/1", 0)] }],
      [
        [
          "executed",
          {
            ...{ sequence: 9, root: SHORT, agreedMs: 1234, sets: 3, writes: 3, refusedCount: 1 },
            ...{ proofs: 1, digest: SHORT, keys: `a/${SHORT} a/${SHORT} a/${SHORT}` },
          },
        ],
      ],
    ],
    [
      "a root certified",
      TICK,
      [{ type: "certified", sequence: SEQUENCE, certificate: STATEMENT }],
      [["certified", { ...CERTIFIED, signers: "1 2 3" }]],
    ],
    [
      "a checkpoint",
      TICK,
      [persist({ type: "stable", certificate: STATEMENT })],
      [["checkpoint", CERTIFIED]],
    ],
    [
      "a suspicion of the view's primary, and leaving it",
      TICK,
      [persist({ type: "view-change", epoch: EPOCH, view: VIEW, body: DIGEST })],
      [
        ["suspicion", { peer: "replica-1", what: "a timer ran out", view: 1 }],
        ["view-change", { epoch: 0, view: 2 }],
      ],
    ],
    [
      "leaving a view with the others, without a suspicion",
      { type: "view-change" } as Input,
      [persist({ type: "view-change", epoch: EPOCH, view: VIEW, body: DIGEST })],
      [["view-change", { epoch: 0, view: 2 }]],
    ],
    [
      "entering a view",
      TICK,
      [{ type: "view", view: VIEW, active: true }],
      [["new-view", { epoch: 0, view: 2, primary: "replica-2" }]],
    ],
    [
      "nothing for leaving a view, which was told",
      TICK,
      [{ type: "view", view: VIEW, active: false }],
      [],
    ],
    [
      "a transfer",
      { type: "transferred", certificate: STATEMENT },
      [{ type: "transfer", certificate: STATEMENT }],
      [
        ["transfer", { phase: "ended", ...CERTIFIED }],
        ["transfer", { phase: "begun", ...CERTIFIED }],
      ],
    ],
    [
      "evidence and a halt",
      TICK,
      [
        {
          type: "evidence",
          author: 3 as ReplicaIndex,
          what: "two votes",
          kind: 1,
          proofs: [DIGEST, DIGEST],
        },
        { type: "halt", what: "two roots", kind: 1, proofs: [DIGEST, DIGEST] },
      ],
      [
        ["evidence", { peer: "replica-3", what: "two votes" }],
        ["halt", { what: "two roots" }],
      ],
    ],
    [
      "a heartbeat, and nothing for a statement, whose execution was told",
      TICK,
      [SIGNED_HEARTBEAT, SIGNED_STATEMENT].map(
        (signedType) => ({ type: "sign", signedType, body: DIGEST }) as Output,
      ),
      [["sent", { type: "heartbeat", peer: "all", count: 1 }]],
    ],
  ])("%s", (_what, input, outputs, expected) => {
    const { journal, told } = journalOf();
    journal.observe(input, outputs, {});
    expect(told().map(({ kind, detail }) => [kind, detail])).toEqual(expected);
  });
});

describe("a turn", () => {
  const arrives = {
    type: "write-set",
    origin: "client",
    writeSet: { digest: DIGEST, bytes: DIGEST },
  } as unknown as Input;
  const forward: Output = {
    type: "send",
    to: 1 as ReplicaIndex,
    kind: FRAME.forward,
    body: DIGEST,
  };

  it("tells of many write sets and frames once, when it ends", () => {
    const { journal, told } = journalOf();
    const turn = {};
    for (let count = 0; count < 50; count++) journal.observe(arrives, [forward], turn);
    expect(told()).toEqual([]);
    journal.observe(TICK, [], {});
    expect(told().map(({ kind, detail }) => [kind, detail])).toEqual([
      ["received", { type: "write-set", peer: "clients", digest: SHORT, count: 50, bytes: 1600 }],
      ["sent", { type: "forward", peer: "replica-1", count: 50, bytes: 1600 }],
    ]);
  });

  it("tells what came before an event before that event", () => {
    const { journal, told } = journalOf();
    const turn = {};
    journal.observe(arrives, [], turn);
    journal.observe(TICK, [vote(VOTE_PRE_PREPARE)], turn);
    expect(told().map(({ kind }) => kind)).toEqual(["received", "proposed"]);
  });

  it("counts what was refused and dropped by its reason", () => {
    const { journal, told } = journalOf();
    const refused: Output = { type: "refused", digest: DIGEST, reason: "overloaded" };
    journal.observe(TICK, [refused, { type: "dropped", why: "far ahead" }, refused], {});
    journal.observe(TICK, [], {});
    expect(told().map(({ detail }) => detail)).toEqual([
      { what: "overloaded", count: 2 },
      { what: "far ahead", count: 1 },
    ]);
  });
});

describe("after others have joined and left", () => {
  it("a suspicion of silence is told of each by his number", () => {
    const { journal, told } = journalOf({ numbers: [1, 2, 3, 5] });
    const suspicion = { epoch: 0 as Epoch, members: Uint8Array.of(0, 3), asOf: hlcFromMs(1) };
    const body = suspicionCodec.encode(suspicion);
    journal.observe(TICK, [{ type: "sign", signedType: SIGNED_SUSPICION, body }], {});
    const what = "no link to it for long";
    expect(told().map(({ kind, detail }) => [kind, detail])).toEqual([
      ["suspicion", { peer: "replica-1", what }],
      ["suspicion", { peer: "replica-5", what }],
    ]);
  });

  it("members are named by their numbers, not by their places", () => {
    const { journal, told } = journalOf({ numbers: [1, 2, 3, 5] });
    journal.observe(
      TICK,
      [
        persist({ type: "prepared", certificate: CERTIFICATE }),
        { type: "certified", sequence: SEQUENCE, certificate: STATEMENT },
        { type: "view", view: VIEW, active: true },
        { type: "send", to: 3 as ReplicaIndex, kind: FRAME.votePack, body: new Uint8Array(9) },
      ],
      {},
    );
    journal.observe(TICK, [], {});
    const details = told().map(({ detail }) => detail);
    expect(details.map(({ signers, primary, peer }) => signers ?? primary ?? peer)).toEqual([
      ...["1 2 5", "2 3 5", "replica-3", "replica-5"],
    ]);
  });
});

describe("a conviction", () => {
  it("is told once, behind the batch that brought it, and not again at the next", () => {
    const quarantined = new Set<ReplicaIndex>([0 as ReplicaIndex]);
    const { journal, told } = journalOf({ numbers: [0, 1, 2, 4], quarantined: () => quarantined });
    journal.observe(TICK, [EXECUTED], {});
    quarantined.add(3 as ReplicaIndex);
    journal.observe(TICK, [EXECUTED], {});
    journal.observe(TICK, [EXECUTED], {});
    expect(told().map(({ kind, detail }) => [kind, detail["peer"]])).toEqual([
      ["executed", undefined],
      ["executed", undefined],
      ["quarantine", "replica-4"],
      ["executed", undefined],
    ]);
  });
});

describe("a dispute", () => {
  const disputed = (...codes: readonly number[]): ExecutedOutput["writeSets"][0] => {
    const writes = codes.map((_code, index) => ({
      namespace: "a",
      key: new Uint8Array(32).fill(index),
      kind: "raw/1",
    }));
    const outcomes = codes.flatMap((code, index) => (code === 0 ? [] : [{ index, code }]));
    const set = { writeSet: { digest: DIGEST, writes }, result: { outcomes }, code: 0 };
    return set as unknown as ExecutedOutput["writeSets"][0];
  };

  it("is told behind the batch that brought it, with its keys and no others", () => {
    const { journal, told } = journalOf();
    const writeSets = [disputed(0, OUTCOME_DISPUTED, OUTCOME_PENDING), disputed(0)];
    journal.observe(TICK, [{ ...EXECUTED, writeSets }], {});
    expect(told().map(({ kind }) => kind)).toEqual(["executed", "dispute"]);
    expect(told()[1]!.detail).toEqual({
      sequence: SEQUENCE,
      count: 1,
      keys: "a/0101010101010101",
    });
  });

  it("is told once for a key that several writes met, and names only the first few", () => {
    const { journal, told } = journalOf();
    const six = disputed(...Array.from({ length: 6 }, () => OUTCOME_DISPUTED));
    journal.observe(TICK, [{ ...EXECUTED, writeSets: [six, six] }], {});
    const { count, keys } = told()[1]!.detail;
    expect([count, String(keys).split(" ").length]).toEqual([6, 4]);
  });

  it("is not told of a batch without one", () => {
    const { journal, told } = journalOf();
    journal.observe(TICK, [{ ...EXECUTED, writeSets: [disputed(0, OUTCOME_PENDING)] }], {});
    expect(told().map(({ kind }) => kind)).toEqual(["executed"]);
  });
});

function wrote(kind: string, code: number): ExecutedOutput["writeSets"][0] {
  const writeSet = { digest: DIGEST, writes: [{ namespace: "a", key: DIGEST, kind }] };
  return { writeSet, code } as unknown as ExecutedOutput["writeSets"][0];
}

function vote(type: VoteType): Output {
  const content = { type, epoch: EPOCH, view: VIEW, sequence: SEQUENCE, digest: DIGEST };
  return persist({ type: "vote", vote: content });
}

function batch(size: number): Output {
  return persist({
    type: "batch",
    sequence: SEQUENCE,
    digest: DIGEST,
    batch: new Uint8Array(size),
  });
}

function persist(record: Extract<Output, { type: "persist" }>["record"]): Output {
  return { type: "persist", record };
}

/** What it has told so far; every detail has a name that the model knows. */
function journalOf(options: Pick<StepJournalOptions, "numbers" | "quarantined"> = {}): {
  journal: StepJournal;
  told: () => readonly JournalEvent[];
} {
  const events: JournalEvent[] = [];
  const author = { name: "replica-0", incarnation: 1 };
  const sink = { take: (event: JournalEvent): number => events.push(event) };
  const scribe = new EventScribe({ author, nowMs: () => 1, aheadMsMax: 500 }, sink);
  const committee = {
    epoch: EPOCH,
    members: [{}, {}, {}, {}],
    faultyMax: 1,
  } as unknown as Committee;
  const told = (): readonly JournalEvent[] => {
    for (const { kind, detail } of events) {
      expect(EVENT_DETAILS[kind]).toEqual(expect.arrayContaining(Object.keys(detail)));
    }
    return events;
  };
  return { journal: new StepJournal({ scribe, committee, ...options }), told };
}
