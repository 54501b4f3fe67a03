import { randomBytes } from "node:crypto";
import { WebSocket } from "ws";
import { toHex, utf8 } from "../../base/bytes.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import type { Hash, Hlc } from "../../base/types.ts";
import { buildWriteSet } from "../../consensus/build-write-set.ts";
import type { BuiltWriteSet } from "../../consensus/build-write-set.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { keyOfName } from "../../consensus/hashing.ts";
import * as connection from "../../consensus/wire/connection.ts";
import type { ReadAnswer, SubmitAnswer } from "../../consensus/wire/connection.ts";
import { decodeFrame, encodeFrame, FRAME } from "../../consensus/wire/frame.ts";
import type { Frame, FrameKind } from "../../consensus/wire/frame.ts";
import type { Write } from "../../consensus/wire/write-set.ts";
import { eventually } from "./eventually.ts";

/** A raw client of one replica: frames as they are, nothing believed and nothing retried. */
export class TestClient {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  /** Resolves when the connection ends, whoever ended it. */
  readonly closed: Promise<undefined>;
  readonly #waiting: {
    readonly match: (frame: Frame) => boolean;
    readonly resolve: (frame: Frame) => void;
  }[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve(undefined)));
    socket.on("message", (data: Uint8Array) => {
      const frame = decodeFrame(new Uint8Array(data));
      if (frame !== undefined) this.#onFrame(frame);
    });
  }

  static async connect(genesis: Genesis, address: string): Promise<TestClient> {
    const socket = new WebSocket(`ws://${address}/client`, { perMessageDeflate: false });
    socket.on("error", () => undefined);
    await eventually(() => socket.readyState !== WebSocket.CONNECTING);
    const client = new TestClient(socket);
    const hello = connection.helloCodec.encode({
      protocol: connection.PROTOCOL_VERSION,
      clusterId: genesis.clusterId,
      role: connection.ROLE_CLIENT,
      index: 0,
      epoch: genesisCommittee(genesis).epoch,
      nonce: new Uint8Array(randomBytes(32)),
    });
    const proven = client.next((frame) => frame.kind === FRAME.proof);
    client.send(FRAME.hello, hello);
    await proven;
    return client;
  }

  send(kind: FrameKind, body: Uint8Array): void {
    this.socket.send(encodeFrame(kind, body));
  }

  next(match: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve) => this.#waiting.push({ match, resolve }));
  }

  async submit(bytes: Uint8Array, digest: Hash): Promise<SubmitAnswer> {
    const name = toHex(digest);
    const answer = this.next(
      (frame) =>
        frame.kind === FRAME.submitAnswer &&
        toHex(connection.submitAnswerCodec.decode(frame.body).digest) === name,
    );
    this.send(FRAME.submit, connection.submitCodec.encode({ writeSet: bytes }));
    return connection.submitAnswerCodec.decode((await answer).body);
  }

  async read(
    namespace: string,
    name: string,
    options: { readonly floor?: number; readonly known?: number } = {},
  ): Promise<ReadAnswer> {
    const id = ++this.#nextId;
    const answer = this.next(
      (frame) =>
        frame.kind === FRAME.readAnswer && connection.readAnswerCodec.decode(frame.body).id === id,
    );
    const read = {
      id,
      namespace,
      key: keyOfName(nodeCrypto.hash, name),
      floorSequence: (options.floor ?? 0) as ReadAnswer["sequence"],
      knownSequence: (options.known ?? 0) as ReadAnswer["sequence"],
      wantValue: true,
    };
    this.send(FRAME.read, connection.readCodec.encode(read));
    return connection.readAnswerCodec.decode((await answer).body);
  }

  close(): void {
    this.socket.terminate();
  }

  #nextId = 0;

  #onFrame(frame: Frame): void {
    this.frames.push(frame);
    const at = this.#waiting.findIndex(({ match }) => match(frame));
    if (at >= 0) this.#waiting.splice(at, 1)[0]?.resolve(frame);
  }
}

/** Makes and signs write sets of one process of a writer. */
export class TestWriter {
  readonly #genesis: Genesis;
  readonly #key: SigningKey;
  readonly #session = new Uint8Array(randomBytes(16));
  #counter = 0;

  constructor(genesis: Genesis, key: SigningKey) {
    this.#genesis = genesis;
    this.#key = key;
  }

  /** A set of puts, inline or with values to be uploaded. */
  puts(
    entries: Readonly<Record<string, Uint8Array>>,
    options: {
      readonly namespace?: string;
      readonly inline?: boolean;
      readonly change?: (write: Write) => Write;
      readonly notAfter?: Hlc;
    } = {},
  ): BuiltWriteSet {
    const inline = options.inline ?? true;
    const writes = Object.entries(entries).map(([name, value]): Write => {
      const digest = nodeCrypto.hash(value);
      const write: Write = {
        operation: 1,
        namespace: options.namespace ?? "default",
        key: keyOfName(nodeCrypto.hash, name),
        name,
        kind: "raw/1",
        valueDigest: digest,
        size: value.length,
        semanticDigest: digest,
        ttlMs: 0,
        succeeds: 0,
        inline,
        administration: new Uint8Array(0),
      };
      return options.change?.(write) ?? write;
    });
    const committee = genesisCommittee(this.#genesis);
    return buildWriteSet(
      {
        clusterId: committee.clusterId,
        epoch: committee.epoch,
        writer: this.#key.publicKey,
        session: this.#session,
        counter: ++this.#counter,
        notAfter: options.notAfter ?? hlcFromMs(Date.now() + 60_000),
        writes,
        values: inline ? Object.values(entries) : [],
      },
      (message) => this.#key.sign(message),
      nodeCrypto.hash,
    );
  }

  put(name: string, value: string): BuiltWriteSet {
    return this.puts({ [name]: utf8(value) });
  }
}
