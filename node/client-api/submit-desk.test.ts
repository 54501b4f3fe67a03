import { describe, expect, it } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { CheckedWriteSet } from "../../consensus/checked.ts";
import { REFUSAL_OVERLOADED } from "../../consensus/execution/outcomes.ts";
import { takeWriteSetApart } from "../../consensus/check-write-set.ts";
import { Refusal } from "../../consensus/refusal.ts";
import { TestWriter } from "../../consensus/replica/testing/test-writer.ts";
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
