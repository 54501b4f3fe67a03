import { describe, expect, it } from "vitest";
import type { Epoch, ReplicaIndex, Sequence } from "../../base/types.ts";
import { Fixture, put } from "../../consensus/execution/state.case.ts";
import { fetchNodesCodec, fetchRowsCodec } from "../../consensus/wire/agreement.ts";
import { nodesCodec, rowsCodec } from "../../consensus/wire/agreement.ts";
import { statementCodec } from "../../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { Tally } from "../metrics/tally.ts";
import { StateTransfer } from "./state-transfer.ts";

const PEER = 1 as ReplicaIndex;
const OTHER = 2 as ReplicaIndex;

function certificateOf({ state }: Fixture): StatementCertificate {
  const { sequence, stateRoot, agreedTime } = state;
  const statement = { epoch: 0 as Epoch, sequence, stateRoot, agreedTime };
  return { statement: statementCodec.encode(statement), signatures: [] };
}

/** A receiving replica, and a source that answers what it is asked while it is willing. */
class Receiver {
  readonly local = new Fixture();
  readonly source = new Fixture();
  readonly failed: Sequence[] = [];
  readonly done: Sequence[] = [];
  readonly asked: { to: ReplicaIndex; kind: FrameKind; body: Uint8Array }[] = [];
  readonly peers: ReplicaIndex[] = [PEER];
  readonly transfer = new StateTransfer({
    state: this.local.state,
    drops: new Tally(),
    send: (to, kind, body) => void this.asked.push({ to, kind, body }),
    connectedPeers: () => this.peers,
    monotonicMs: () => 0,
    onDone: (certificate) => this.done.push(statementCodec.decode(certificate.statement).sequence),
    onFailed: (sequence) => this.failed.push(sequence),
  });

  constructor() {
    for (let count = 0; count < 5; count++) this.source.write("ann", put(`key ${count}`, "value"));
  }

  answerAll({ gone }: { readonly gone: boolean }): void {
    for (let question = this.asked.shift(); question; question = this.asked.shift()) {
      const { to, kind, body } = question;
      if (kind === FRAME.fetchNodes) {
        const fetch = fetchNodesCodec.decode(body);
        const answer = gone
          ? { root: fetch.root, gone, nodes: [] }
          : this.source.state.answerNodes(fetch);
        this.transfer.onFrame(to, FRAME.nodes, nodesCodec.encode(answer));
      } else {
        const answer = this.source.state.answerRows(fetchRowsCodec.decode(body));
        this.transfer.onFrame(to, FRAME.rows, rowsCodec.encode(answer));
      }
    }
  }
}

describe("a state transfer", () => {
  it("brings the state to the certified root", () => {
    const receiver = new Receiver();
    receiver.transfer.begin(certificateOf(receiver.source));
    receiver.answerAll({ gone: false });
    expect(receiver.done).toEqual([5]);
    expect(receiver.local.state.stateRoot).toEqual(receiver.source.state.stateRoot);
  });

  it("that failed asks nobody until it has a newer target, whoever comes", () => {
    const receiver = new Receiver();
    receiver.transfer.begin(certificateOf(receiver.source));
    receiver.answerAll({ gone: true });
    expect(receiver.failed).toEqual([5]);
    expect(receiver.transfer.isRunning).toBe(false);
    receiver.peers.push(OTHER);
    receiver.transfer.onPeerUp(OTHER);
    receiver.transfer.tick(0);
    expect(receiver.asked).toEqual([]);
    expect(receiver.failed).toEqual([5]);
  });

  it("that is given up leaves the state where it is, for whoever transfers it next", () => {
    const receiver = new Receiver();
    const { stateRoot } = receiver.local.state;
    receiver.transfer.begin(certificateOf(receiver.source));
    receiver.transfer.close();
    receiver.answerAll({ gone: false });
    expect(receiver.transfer.isRunning).toBe(false);
    expect(receiver.done).toEqual([]);
    expect(receiver.local.state.stateRoot).toEqual(stateRoot);
    receiver.local.write("bob", put("goes on", "by execution"));
    receiver.source.write("ann", put("key 6", "value"));
    receiver.transfer.begin(certificateOf(receiver.source));
    receiver.answerAll({ gone: false });
    expect(receiver.local.state.stateRoot).toEqual(receiver.source.state.stateRoot);
  });

  it("after a failure starts from where execution has brought the state meanwhile", () => {
    const receiver = new Receiver();
    receiver.transfer.begin(certificateOf(receiver.source));
    receiver.answerAll({ gone: true });
    receiver.local.write("bob", put("caught up", "by execution"));
    receiver.source.write("ann", put("key 6", "value"));
    receiver.transfer.begin(certificateOf(receiver.source));
    receiver.answerAll({ gone: false });
    expect(receiver.done).toEqual([6]);
    expect(receiver.local.state.stateRoot).toEqual(receiver.source.state.stateRoot);
  });
});
