import { describe, expect, it } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { REFUSAL_OVERLOADED } from "../../consensus/execution/outcomes.ts";
import { TestWriter } from "../../consensus/replica/testing/test-writer.ts";
import { SUBMIT_REFUSED, submitAnswerCodec, submitCodec } from "../../consensus/wire/connection.ts";
import type { SubmitAnswer } from "../../consensus/wire/connection.ts";
import { writeSetCodec } from "../../consensus/wire/write-set.ts";
import { writeSetDigest } from "../../consensus/hashing.ts";
import { Figures } from "../metrics/figures.ts";
import type { FrameSocket } from "../transport/frame-socket.ts";
import { ClientConnection } from "./client-connection.ts";
import type { ClientServices } from "./client-services.ts";
import { onSubmit } from "./on-submit.ts";
import { SubmitDesk } from "./submit-desk.ts";
import type { SubmitDeskDependencies } from "./submit-desk.ts";

/** A client that has spent what it may, in a second that does not pass. */
function spentClient(): { readonly client: ClientConnection; readonly heard: SubmitAnswer[] } {
  const heard: SubmitAnswer[] = [];
  const socket = {
    open: true,
    send: (_kind: number, body: Uint8Array) => heard.push(submitAnswerCodec.decode(body)),
  };
  const client = new ClientConnection(socket as unknown as FrameSocket, 0);
  while (client.takeVerification(0)) continue;
  return { client, heard };
}

function services(figures: Figures): ClientServices {
  const hash = nodeCrypto.hash;
  const submits = new SubmitDesk({ hash, figures } as unknown as SubmitDeskDependencies);
  return { hash, figures, submits, monotonicMs: () => 0 } as unknown as ClientServices;
}

describe("a write set beyond the client's budget", () => {
  const { bytes } = new TestWriter("a writer", nodeCrypto.hash(utf8("cluster"))).put("value");
  const body = submitCodec.encode({ writeSet: bytes });

  it("is refused as overloaded under its digest, and counted", () => {
    const figures = new Figures();
    const { client, heard } = spentClient();
    onSubmit(services(figures), client, body);
    const digest = writeSetDigest(nodeCrypto.hash, writeSetCodec.decode(bytes).header);
    expect(heard).toMatchObject([{ digest, status: SUBMIT_REFUSED, code: REFUSAL_OVERLOADED }]);
    expect(figures.drops.get("submit-over-budget")).toBe(1);
    expect(figures.submits.get(`refused-${REFUSAL_OVERLOADED}`)).toBe(1);
  });

  it("is dropped in silence when it is one of a flood", () => {
    const figures = new Figures();
    const { client, heard } = spentClient();
    const desk = services(figures);
    for (let count = 0; count < 2_000; count++) onSubmit(desk, client, body);
    expect(heard).toHaveLength(500);
    expect(figures.drops.get("submit-over-budget")).toBe(2_000);
  });

  it("that is none is dropped", () => {
    const { client, heard } = spentClient();
    const wrong = submitCodec.encode({ writeSet: Uint8Array.of(255) });
    onSubmit(services(new Figures()), client, wrong);
    expect(heard).toEqual([]);
  });
});
