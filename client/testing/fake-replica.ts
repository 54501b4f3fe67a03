import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { concatBytes, EMPTY_BYTES, fromHex, toHex } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Epoch, Hash, Sequence, Signature } from "../../base/types.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { writeSetDigest } from "../../consensus/hashing.ts";
import { leafHash, rowHash } from "../../consensus/map/node-hash.ts";
import {
  entryStateKey,
  revocationHeadStateKey,
  sessionStateKey,
} from "../../consensus/map/state-keys.ts";
import { DOMAIN } from "../../consensus/signing.ts";
import type { Domain } from "../../consensus/signing.ts";
import type { SignedHeartbeat, StatementCertificate } from "../../consensus/wire/certificate.ts";
import * as wire from "../../consensus/wire/connection.ts";
import { decodeFrame, encodeFrame, FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { entryRowCodec, sessionRowCodec } from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import { writeSetCodec, writeSetHeaderCodec } from "../../consensus/wire/write-set.ts";
import type { FakeState } from "./fake-state.ts";

/** Answers of one replica that a test may replace; what is not replaced is honest. */
export interface Script {
  hello?: (hello: wire.Hello) => wire.Hello;
  proof?: (signature: Uint8Array) => Uint8Array;
  read?: (answer: wire.ReadAnswer, read: wire.Read) => wire.ReadAnswer | "silence" | "garbage";
  submit?: (answer: wire.SubmitAnswer) => wire.SubmitAnswer | "silence";
  list?: (answer: wire.ListAnswer, list: wire.List) => wire.ListAnswer | "silence";
  tail?: (
    answer: wire.RevocationTailAnswer,
    tail: wire.RevocationTail,
  ) => wire.RevocationTailAnswer | "silence";
  probe?: (answer: wire.ProbeAnswer) => wire.ProbeAnswer | "silence";
  root?: (root: wire.Root) => wire.Root | "silence";
  blob?: (bytes: Uint8Array) => Uint8Array | undefined;
}

/** What all the fake replicas know and agree on. */
export interface FakeTruth {
  readonly parsed: Genesis;
  readonly scripts: readonly Script[];
  /** Reads and values asked of each. */
  readonly asked: number[];
  /** Each write set that came, as "replica/digest/hash of the frame". */
  readonly submitted: string[];
  readonly sequence: Sequence;
  readonly state: FakeState;
  readonly value: Uint8Array;
  readonly large: Uint8Array;
  certificate(changes?: {
    readonly sequence?: number;
    readonly stateRoot?: Hash;
  }): StatementCertificate;
  heartbeat(author: number, nonce: Uint8Array): SignedHeartbeat;
  sign(author: number, domain: Domain, body: Uint8Array): Signature;
  provenRows(
    namespace: string,
    entries: readonly EntryRow[],
  ): Pick<wire.ListAnswer, "rows" | "proofs" | "sequence" | "certificate">;
}

const hash = nodeCrypto.hash;

/** One server that answers as its script says, and else the truth. */
export class FakeReplica {
  readonly #cluster: FakeTruth;
  readonly #index: number;
  /** Who wants to hear of new roots. */
  readonly #sockets = new Set<WebSocket>();

  constructor(cluster: FakeTruth, index: number, server: Server) {
    this.#cluster = cluster;
    this.#index = index;
    server.on("request", (request, response) => this.#blob(request, response));
    const sockets = new WebSocketServer({ server, path: "/client" });
    sockets.on("connection", (socket) => {
      socket.binaryType = "nodebuffer";
      socket.on("message", (data) => {
        if (!(data instanceof Uint8Array)) return;
        const frame = decodeFrame(new Uint8Array(data));
        if (frame === undefined) return socket.terminate();
        this.#answer(socket, frame.kind, frame.body);
      });
    });
  }

  /** Ends every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  tell(frame: Uint8Array): void {
    for (const socket of this.#sockets) socket.send(frame);
  }

  #blob(request: IncomingMessage, response: ServerResponse): void {
    const name = (request.url ?? "").slice("/blob/".length);
    const held = [this.#cluster.value, this.#cluster.large].find(
      (bytes) => toHex(hash(bytes)) === name,
    );
    const script = this.#cluster.scripts[this.#index]!.blob;
    this.#cluster.asked[this.#index]!++;
    const bytes = held === undefined || script === undefined ? held : script(held);
    if (fromHex(name) === undefined || bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-length": bytes.length });
    response.end(bytes);
  }

  #answer(socket: WebSocket, kind: FrameKind, body: Uint8Array): void {
    const send = (answer: FrameKind, bytes: Uint8Array): void =>
      socket.send(encodeFrame(answer, bytes));
    const script = this.#cluster.scripts[this.#index]!;
    switch (kind) {
      case FRAME.hello:
        return this.#greet(socket, body);
      case FRAME.subscribe:
        this.#sockets.add(socket);
        return;
      case FRAME.probe: {
        const { id, nonce } = wire.probeCodec.decode(body);
        const honest = { id, heartbeat: this.#cluster.heartbeat(this.#index, nonce) };
        const answer = script.probe?.(honest) ?? honest;
        if (answer !== "silence") send(FRAME.probeAnswer, wire.probeAnswerCodec.encode(answer));
        return;
      }
      case FRAME.read: {
        this.#cluster.asked[this.#index]!++;
        const read = wire.readCodec.decode(body);
        const answer = script.read?.(this.#honestRead(read), read) ?? this.#honestRead(read);
        if (answer === "garbage") socket.send(Uint8Array.of(FRAME.readAnswer, 255, 255));
        else if (answer !== "silence") send(FRAME.readAnswer, wire.readAnswerCodec.encode(answer));
        return;
      }
      case FRAME.list: {
        this.#cluster.asked[this.#index]!++;
        const list = wire.listCodec.decode(body);
        const answer = script.list?.(this.#honestList(list), list) ?? this.#honestList(list);
        if (answer !== "silence") send(FRAME.listAnswer, wire.listAnswerCodec.encode(answer));
        return;
      }
      case FRAME.revocationTail: {
        const tail = wire.revocationTailCodec.decode(body);
        const answer = script.tail?.(this.#honestTail(tail), tail) ?? this.#honestTail(tail);
        if (answer === "silence") return;
        send(FRAME.revocationTailAnswer, wire.revocationTailAnswerCodec.encode(answer));
        return;
      }
      case FRAME.submit:
        return this.#onSubmit(socket, body);
      case FRAME.status: {
        const { id } = wire.statusRequestCodec.decode(body);
        const json = JSON.stringify({ primary: 0, view: 0, active: true });
        return send(FRAME.statusAnswer, wire.statusAnswerCodec.encode({ id, json }));
      }
      default:
        return;
    }
  }

  #greet(socket: WebSocket, theirs: Uint8Array): void {
    const script = this.#cluster.scripts[this.#index]!;
    const honest: wire.Hello = {
      protocol: wire.PROTOCOL_VERSION,
      clusterId: this.#cluster.parsed.clusterId,
      role: wire.ROLE_REPLICA,
      index: this.#index,
      epoch: 0 as Epoch,
      nonce: new Uint8Array(32).fill(1),
    };
    const ours = wire.helloCodec.encode(script.hello?.(honest) ?? honest);
    const signature = this.#cluster.sign(this.#index, DOMAIN.peerHello, concatBytes(theirs, ours));
    const shown = (script.proof?.(signature) ?? signature) as typeof signature;
    socket.send(encodeFrame(FRAME.hello, ours));
    socket.send(encodeFrame(FRAME.proof, wire.proofCodec.encode({ signature: shown })));
  }

  #honestRead(read: wire.Read): wire.ReadAnswer {
    const none = { value: EMPTY_BYTES, hasValue: false, row: EMPTY_BYTES };
    if (read.floorSequence > this.#cluster.sequence) {
      const status = wire.READ_BELOW_FLOOR;
      const sequence = 0 as Sequence;
      return { id: read.id, status, sequence, proof: undefined, certificate: undefined, ...none };
    }
    const key = entryStateKey(hash, read.namespace, read.key);
    const row = this.#cluster.state.rowAt(key);
    const small =
      row !== undefined && entryRowCodec.decode(row).size === this.#cluster.value.length;
    return {
      id: read.id,
      status: wire.READ_ANSWERED,
      sequence: this.#cluster.sequence,
      proof: this.#cluster.state.proofOf(key),
      certificate: this.#cluster.certificate(),
      row: row ?? EMPTY_BYTES,
      value: small && read.wantValue ? this.#cluster.value : EMPTY_BYTES,
      hasValue: small && read.wantValue,
    };
  }

  #honestList(list: wire.List): wire.ListAnswer {
    const { entries, more } = this.#cluster.state.list(list);
    return { ...this.#cluster.provenRows(list.namespace, entries), id: list.id, more };
  }

  #honestTail(tail: wire.RevocationTail): wire.RevocationTailAnswer {
    const { sequence, state } = this.#cluster;
    const headKey = revocationHeadStateKey();
    return {
      id: tail.id,
      sequence,
      head: state.rowAt(headKey) ?? EMPTY_BYTES,
      proof: state.proofOf(headKey),
      records: state.records.slice(tail.from, tail.from + tail.limit),
      certificate: this.#cluster.certificate(),
    };
  }

  #onSubmit(socket: WebSocket, body: Uint8Array): void {
    const set = writeSetCodec.decode(wire.submitCodec.decode(body).writeSet);
    const header = writeSetHeaderCodec.decode(set.header);
    const digest = writeSetDigest(hash, set.header);
    this.#cluster.submitted.push(`${this.#index}/${toHex(digest)}/${toHex(hash(body))}`);
    const { writer, session, counter, notAfter } = header;
    const key = sessionStateKey(hash, writer, session);
    const executed = [{ counter, sequence: this.#cluster.sequence, digest, outcomes: [] }];
    const row = sessionRowCodec.encode({ writer, session, low: 0, executed, notAfter });
    const leaf = { leafKey: key, leafRowHash: rowHash(hash, row), steps: [] };
    const stateRoot = leafHash(hash, key, leaf.leafRowHash);
    const honest: wire.SubmitAnswer = {
      digest,
      status: wire.SUBMIT_EXECUTED,
      code: 0,
      wanted: [],
      sessionRow: row,
      proof: leaf,
      // A root of its own, after the entry's.
      certificate: this.#cluster.certificate({
        sequence: this.#cluster.sequence + counter,
        stateRoot,
      }),
    };
    const answer = this.#cluster.scripts[this.#index]!.submit?.(honest) ?? honest;
    if (answer === "silence") return;
    socket.send(encodeFrame(FRAME.submitAnswer, wire.submitAnswerCodec.encode(answer)));
  }
}
