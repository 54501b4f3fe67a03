import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { concatBytes, EMPTY_BYTES, fromHex, toHex } from "../../base/bytes.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { newSeed, signingKey } from "../../base/host/signing-key.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import type { Epoch, Hash, Hlc, ReplicaIndex, Sequence } from "../../base/types.ts";
import { formatGenesis, parseGenesis } from "../../consensus/genesis-file.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { leafHash, rowHash } from "../../consensus/map/node-hash.ts";
import {
  entryStateKey,
  revocationHeadStateKey,
  sessionStateKey,
} from "../../consensus/map/state-keys.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import type { Domain } from "../../consensus/signing.ts";
import { heartbeatCodec, statementCodec } from "../../consensus/wire/certificate.ts";
import type { SignedHeartbeat, StatementCertificate } from "../../consensus/wire/certificate.ts";
import * as wire from "../../consensus/wire/connection.ts";
import { decodeFrame, encodeFrame, FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { entryRowCodec, sessionRowCodec } from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import { writeSetCodec, writeSetHeaderCodec } from "../../consensus/wire/write-set.ts";
import { writeSetDigest } from "../../consensus/hashing.ts";
import { FakeState } from "./fake-state.ts";

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

const hash = nodeCrypto.hash;

/**
 * Four replicas that speak real frames over real sockets and agree by sharing one object. Their
 * state is a handful of rows with real proofs. Each can be told to lie.
 */
export class FakeCluster {
  readonly genesis: string;
  readonly parsed: Genesis;
  readonly writer: SigningKey = signingKey(newSeed());
  readonly scripts: Script[] = [{}, {}, {}, {}];
  readonly asked: number[] = [0, 0, 0, 0];
  readonly submitted: string[] = [];
  readonly #keys: readonly SigningKey[];
  readonly #servers: readonly Server[];
  readonly #sockets = new Set<{ readonly index: number; readonly socket: WebSocket }>();
  sequence: Sequence = 5 as Sequence;
  timeMs: number = Date.now();
  readonly state: FakeState = new FakeState();
  readonly value: Uint8Array = new TextEncoder().encode("the value");
  large: Uint8Array = new Uint8Array(3_000_000).fill(7);

  private constructor(keys: readonly SigningKey[], servers: readonly Server[]) {
    this.#keys = keys;
    this.#servers = servers;
    const addresses = servers.map((server) => {
      const { port } = server.address() as AddressInfo;
      return `127.0.0.1:${port}`;
    });
    this.genesis = formatGenesis({
      name: "fake",
      members: keys.map(({ publicKey }, index) => ({ publicKey, address: addresses[index]! })),
      faultyMax: 1,
      writers: [
        {
          publicKey: this.writer.publicKey,
          operator: "tests",
          namespaces: ["*"],
          administrator: true,
        },
      ],
      namespaces: [],
      time: hlcFromMs(1_700_000_000_000),
    });
    this.parsed = parseGenesis(hash, this.genesis);
    this.setEntry("space", "name");
  }

  static async start(): Promise<FakeCluster> {
    const keys = Array.from({ length: 4 }, () => signingKey(newSeed()));
    const servers = keys.map(() => createServer());
    await Promise.all(
      servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))),
    );
    const cluster = new FakeCluster(keys, servers);
    for (const [index, server] of servers.entries()) cluster.#serve(index, server);
    return cluster;
  }

  async close(): Promise<void> {
    for (const { socket } of this.#sockets) socket.terminate();
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  /** Cuts every connection to one replica. */
  cut(index: number): void {
    for (const one of this.#sockets) if (one.index === index) one.socket.terminate();
  }

  /** One more answer to a submission, that nobody asked for. */
  sayAgain(index: number, answer: wire.SubmitAnswer): void {
    const frame = encodeFrame(FRAME.submitAnswer, wire.submitAnswerCodec.encode(answer));
    for (const one of this.#sockets) if (one.index === index) one.socket.send(frame);
  }

  /** The one entry that the state holds from now on. */
  setEntry(namespace: string, name: string, changes: Partial<EntryRow> = {}): EntryRow {
    this.state.clear();
    return this.addEntry(namespace, name, changes);
  }

  addEntry(namespace: string, name: string, changes: Partial<EntryRow> = {}): EntryRow {
    const { sequence, timeMs, value, writer } = this;
    return this.state.entry(
      { namespace, name },
      { writer: writer.publicKey, time: hlcFromMs(timeMs), sequence },
      { valueDigest: hash(value), size: value.length, semanticDigest: hash(value), ...changes },
    );
  }

  certificate(
    changes: {
      readonly sequence?: number;
      readonly stateRoot?: Hash;
      readonly timeMs?: number;
      readonly authors?: readonly number[];
    } = {},
  ): StatementCertificate {
    const statement = statementCodec.encode({
      epoch: 0 as Epoch,
      sequence: (changes.sequence ?? this.sequence) as Sequence,
      stateRoot: changes.stateRoot ?? this.state.root,
      agreedTime: hlcFromMs(changes.timeMs ?? this.timeMs),
    });
    const signatures = (changes.authors ?? [0, 1, 2]).map((author) => ({
      author: author as ReplicaIndex,
      signature: this.#sign(author, DOMAIN.statement, statement),
    }));
    return { statement, signatures };
  }

  heartbeat(author: number, nonce: Uint8Array, asOf: Hlc = hlcFromMs(Date.now())): SignedHeartbeat {
    const heartbeat = heartbeatCodec.encode({
      epoch: 0 as Epoch,
      sequence: this.sequence,
      stateRoot: this.state.root,
      asOf,
      nonce,
    });
    const signature = this.#sign(author, DOMAIN.heartbeat, heartbeat);
    return { author: author as ReplicaIndex, heartbeat, signature };
  }

  /** Pushes the newest root to everybody, as replicas do about every second. */
  push(): void {
    for (const { index, socket } of this.#sockets) {
      const heartbeats = [0, 1, 2].map((author) => this.heartbeat(author, EMPTY_BYTES));
      const honest: wire.Root = { certificate: this.certificate(), heartbeats };
      const root = this.scripts[index]!.root?.(honest) ?? honest;
      if (root !== "silence") socket.send(encodeFrame(FRAME.root, wire.rootCodec.encode(root)));
    }
  }

  #sign(author: number, domain: Domain, body: Uint8Array): ReturnType<SigningKey["sign"]> {
    const { clusterId } = this.parsed;
    return this.#keys[author]!.sign(signingBytes(domain, clusterId, 0 as Epoch, body));
  }

  #serve(index: number, server: Server): void {
    server.on("request", (request, response) => this.#blob(index, request, response));
    const sockets = new WebSocketServer({ server, path: "/client" });
    sockets.on("connection", (socket) => {
      socket.binaryType = "nodebuffer";
      socket.on("message", (data) => {
        if (!(data instanceof Uint8Array)) return;
        const frame = decodeFrame(new Uint8Array(data));
        if (frame === undefined) return socket.terminate();
        this.#answer(index, socket, frame.kind, frame.body);
      });
    });
  }

  #blob(index: number, request: IncomingMessage, response: ServerResponse): void {
    const name = (request.url ?? "").slice("/blob/".length);
    const held = [this.value, this.large].find((bytes) => toHex(hash(bytes)) === name);
    const script = this.scripts[index]!.blob;
    this.asked[index]!++;
    const bytes = held === undefined || script === undefined ? held : script(held);
    if (fromHex(name) === undefined || bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-length": bytes.length });
    response.end(bytes);
  }

  #answer(index: number, socket: WebSocket, kind: FrameKind, body: Uint8Array): void {
    const send = (answer: FrameKind, bytes: Uint8Array): void =>
      socket.send(encodeFrame(answer, bytes));
    const script = this.scripts[index]!;
    switch (kind) {
      case FRAME.hello:
        return this.#greet(index, socket, body);
      case FRAME.subscribe:
        this.#sockets.add({ index, socket });
        return;
      case FRAME.probe: {
        const { id, nonce } = wire.probeCodec.decode(body);
        const honest = { id, heartbeat: this.heartbeat(index, nonce) };
        const answer = script.probe?.(honest) ?? honest;
        if (answer !== "silence") send(FRAME.probeAnswer, wire.probeAnswerCodec.encode(answer));
        return;
      }
      case FRAME.read: {
        this.asked[index]!++;
        const read = wire.readCodec.decode(body);
        const answer = script.read?.(this.#honestRead(read), read) ?? this.#honestRead(read);
        if (answer === "garbage") socket.send(Uint8Array.of(FRAME.readAnswer, 255, 255));
        else if (answer !== "silence") send(FRAME.readAnswer, wire.readAnswerCodec.encode(answer));
        return;
      }
      case FRAME.list: {
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
        return this.#onSubmit(index, socket, body);
      case FRAME.status: {
        const { id } = wire.statusRequestCodec.decode(body);
        const json = JSON.stringify({ primary: 0, view: 0, active: true });
        return send(FRAME.statusAnswer, wire.statusAnswerCodec.encode({ id, json }));
      }
      default:
        return;
    }
  }

  #greet(index: number, socket: WebSocket, theirs: Uint8Array): void {
    const script = this.scripts[index]!;
    const honest: wire.Hello = {
      protocol: wire.PROTOCOL_VERSION,
      clusterId: this.parsed.clusterId,
      role: wire.ROLE_REPLICA,
      index,
      epoch: 0 as Epoch,
      nonce: new Uint8Array(32).fill(1),
    };
    const ours = wire.helloCodec.encode(script.hello?.(honest) ?? honest);
    const signature = this.#sign(index, DOMAIN.peerHello, concatBytes(theirs, ours));
    const shown = (script.proof?.(signature) ?? signature) as typeof signature;
    socket.send(encodeFrame(FRAME.hello, ours));
    socket.send(encodeFrame(FRAME.proof, wire.proofCodec.encode({ signature: shown })));
  }

  #honestRead(read: wire.Read): wire.ReadAnswer {
    const none = { value: EMPTY_BYTES, hasValue: false, row: EMPTY_BYTES };
    if (read.floorSequence > this.sequence) {
      const status = wire.READ_BELOW_FLOOR;
      const sequence = 0 as Sequence;
      return { id: read.id, status, sequence, proof: undefined, certificate: undefined, ...none };
    }
    const key = entryStateKey(hash, read.namespace, read.key);
    const row = this.state.rowAt(key);
    const small = row !== undefined && entryRowCodec.decode(row).size === this.value.length;
    return {
      id: read.id,
      status: wire.READ_ANSWERED,
      sequence: this.sequence,
      proof: this.state.proofOf(key),
      certificate: this.certificate(),
      row: row ?? EMPTY_BYTES,
      value: small && read.wantValue ? this.value : EMPTY_BYTES,
      hasValue: small && read.wantValue,
    };
  }

  #honestList(list: wire.List): wire.ListAnswer {
    const { entries, more } = this.state.list(list);
    return { ...this.provenRows(list.namespace, entries), id: list.id, more };
  }

  /** These entries with their proofs, as a list answers them. */
  provenRows(
    namespace: string,
    entries: readonly EntryRow[],
  ): Pick<wire.ListAnswer, "rows" | "proofs" | "sequence" | "certificate"> {
    const { sequence, state } = this;
    const rows = entries.map((entry) => entryRowCodec.encode(entry));
    const proofs = entries.map(({ key }) => state.proofOf(entryStateKey(hash, namespace, key)));
    return { sequence, rows, proofs, certificate: this.certificate() };
  }

  #honestTail(tail: wire.RevocationTail): wire.RevocationTailAnswer {
    const { sequence, state } = this;
    const headKey = revocationHeadStateKey();
    return {
      id: tail.id,
      sequence,
      head: state.rowAt(headKey) ?? EMPTY_BYTES,
      proof: state.proofOf(headKey),
      records: state.records.slice(tail.from, tail.from + tail.limit),
      certificate: this.certificate(),
    };
  }

  #onSubmit(index: number, socket: WebSocket, body: Uint8Array): void {
    const set = writeSetCodec.decode(wire.submitCodec.decode(body).writeSet);
    const header = writeSetHeaderCodec.decode(set.header);
    const digest = writeSetDigest(hash, set.header);
    this.submitted.push(`${index}/${toHex(digest)}/${toHex(hash(body))}`);
    const { writer, session, counter, notAfter } = header;
    const key = sessionStateKey(hash, writer, session);
    const executed = [{ counter, sequence: this.sequence, digest, outcomes: [] }];
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
      certificate: this.certificate({ sequence: this.sequence + counter, stateRoot }),
    };
    const answer = this.scripts[index]!.submit?.(honest) ?? honest;
    if (answer === "silence") return;
    socket.send(encodeFrame(FRAME.submitAnswer, wire.submitAnswerCodec.encode(answer)));
  }
}
