import { describe, expect, it } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import type { Sequence } from "../../base/types.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { CheckedWriteSet } from "../../consensus/checked.ts";
import type { ExecutedWriteSet } from "../../consensus/application.ts";
import {
  REFUSAL_ALREADY_EXECUTED,
  REFUSAL_OVERLOADED,
} from "../../consensus/execution/outcomes.ts";
import { takeWriteSetApart } from "../../consensus/check-write-set.ts";
import { Refusal } from "../../consensus/refusal.ts";
import { TestWriter } from "../../consensus/replica/testing/test-writer.ts";
import { SUBMIT_EXECUTED, submitAnswerCodec } from "../../consensus/wire/connection.ts";
import { sessionRowCodec } from "../../consensus/wire/rows.ts";
import type { CertifiedRoot } from "../host/certified-roots.ts";
import { Figures } from "../metrics/figures.ts";
import type { FrameSocket } from "../transport/frame-socket.ts";
import { ClientConnection } from "./client-connection.ts";
import { SubmitDesk } from "./submit-desk.ts";
import type { SubmitDeskDependencies } from "./submit-desk.ts";

const clusterId = nodeCrypto.hash(utf8("desk"));

function writeSet(): CheckedWriteSet {
  const { bytes } = new TestWriter("a writer", clusterId).put("value");
  const set = takeWriteSetApart(nodeCrypto.hash, bytes);
  if (set instanceof Refusal) throw new Error(set.why);
  return set;
}

/** A desk in front of a cluster that decides nothing. */
function deskOf(figures: Figures): SubmitDesk {
  const state = { standingOf: () => "open" } as unknown as SubmitDeskDependencies["state"];
  const roots = {} as SubmitDeskDependencies["roots"];
  return new SubmitDesk({ hash: nodeCrypto.hash, state, roots, figures });
}

/** A replica's state after this set was executed once, at sequence 5, and ordered again at 6. */
function executedState(set: CheckedWriteSet): SubmitDeskDependencies["state"] {
  const { writer, session, counter } = set.header;
  const executed = [{ counter, sequence: 5 as Sequence, digest: set.digest, outcomes: [] }];
  const row = sessionRowCodec.encode({
    ...{ writer, session, low: 0, executed },
    notAfter: set.header.notAfter,
  });
  return {
    sequence: 6,
    standingOf: () => "open",
    rowAt: () => row,
    proofAt: () => ({ leafKey: undefined, leafRowHash: undefined, steps: [] }),
  } as unknown as SubmitDeskDependencies["state"];
}

const once = (writeSet: CheckedWriteSet): ExecutedWriteSet => ({
  writeSet,
  result: { counter: 1, sequence: 5 as Sequence, digest: writeSet.digest, outcomes: [] },
  code: 0,
});
const again = (writeSet: CheckedWriteSet): ExecutedWriteSet => ({
  writeSet,
  result: undefined,
  code: REFUSAL_ALREADY_EXECUTED,
});

describe("a set that was ordered twice", () => {
  it.each([
    ["is answered by its first execution, whatever the second says", [once, again]],
    ["is answered by its row when the client came in between", [again]],
  ] as const)("%s", (_what, executions) => {
    const set = writeSet();
    const figures = new Figures();
    const sent: Uint8Array[] = [];
    const roots = { newest: undefined } as SubmitDeskDependencies["roots"];
    const state = executedState(set);
    const desk = new SubmitDesk({ hash: nodeCrypto.hash, state, roots, figures });
    const socket = {
      open: true,
      send: (_kind: number, body: Uint8Array) => void sent.push(body),
    };
    desk.enter(new ClientConnection(socket as unknown as FrameSocket, 0), set);
    executions.forEach((execution, index) => {
      desk.onExecuted((7 - executions.length + index) as Sequence, [execution(set)]);
    });
    expect(sent).toEqual([]);
    desk.onCertified({
      statement: { sequence: 6 },
      certificate: undefined,
    } as unknown as CertifiedRoot);
    expect(sent.map((body) => submitAnswerCodec.decode(body).status)).toEqual([SUBMIT_EXECUTED]);
  });
});

describe("who waits for a write set", () => {
  it("leaves with the connection: a client that comes back a thousand times is kept once", () => {
    const figures = new Figures();
    const desk = deskOf(figures);
    const set = writeSet();
    for (let count = 0; count < 1000; count++) {
      const socket = { open: true, send: () => undefined };
      desk.enter(new ClientConnection(socket as unknown as FrameSocket, 0), set);
      socket.open = count === 999;
    }
    desk.refuse(set.digest, REFUSAL_OVERLOADED);
    expect(figures.submits.get(`refused-${REFUSAL_OVERLOADED}`)).toBe(1);
  });
});
