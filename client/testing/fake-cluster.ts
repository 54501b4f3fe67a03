import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { EMPTY_BYTES } from "../../base/bytes.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { newSeed, signingKey } from "../../base/host/signing-key.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import type { Epoch, Hash, Hlc, ReplicaIndex, Sequence } from "../../base/types.ts";
import { formatGenesis, parseGenesis } from "../../consensus/genesis-file.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { entryStateKey } from "../../consensus/map/state-keys.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import type { Domain } from "../../consensus/signing.ts";
import { heartbeatCodec, statementCodec } from "../../consensus/wire/certificate.ts";
import type { SignedHeartbeat, StatementCertificate } from "../../consensus/wire/certificate.ts";
import * as wire from "../../consensus/wire/connection.ts";
import { encodeFrame, FRAME } from "../../consensus/wire/frame.ts";
import { entryRowCodec } from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import { FakeReplica } from "./fake-replica.ts";
import type { FakeTruth, Script } from "./fake-replica.ts";
import { FakeState } from "./fake-state.ts";

const hash = nodeCrypto.hash;

/**
 * Four replicas that speak real frames over real sockets and agree by sharing one object. Their
 * state is a handful of rows with real proofs. Each can be told to lie.
 */
export class FakeCluster implements FakeTruth {
  readonly genesis: string;
  readonly parsed: Genesis;
  readonly writer: SigningKey = signingKey(newSeed());
  readonly scripts: Script[] = [{}, {}, {}, {}];
  readonly asked: number[] = [0, 0, 0, 0];
  readonly submitted: string[] = [];
  readonly #keys: readonly SigningKey[];
  readonly #servers: readonly Server[];
  #replicas: readonly FakeReplica[] = [];
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
    cluster.#replicas = servers.map((server, index) => new FakeReplica(cluster, index, server));
    return cluster;
  }

  async close(): Promise<void> {
    for (const replica of this.#replicas) replica.cut();
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }

  /** Cuts every connection to one replica. */
  cut(index: number): void {
    this.#replicas[index]!.cut();
  }

  /** One more answer to a submission, that nobody asked for. */
  sayAgain(index: number, answer: wire.SubmitAnswer): void {
    const frame = encodeFrame(FRAME.submitAnswer, wire.submitAnswerCodec.encode(answer));
    this.#replicas[index]!.tell(frame);
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
      signature: this.sign(author, DOMAIN.statement, statement),
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
    const signature = this.sign(author, DOMAIN.heartbeat, heartbeat);
    return { author: author as ReplicaIndex, heartbeat, signature };
  }

  /** Pushes the newest root to everybody, as replicas do about every second. */
  push(): void {
    for (const [index, replica] of this.#replicas.entries()) {
      const heartbeats = [0, 1, 2].map((author) => this.heartbeat(author, EMPTY_BYTES));
      const honest: wire.Root = { certificate: this.certificate(), heartbeats };
      const root = this.scripts[index]!.root?.(honest) ?? honest;
      if (root !== "silence") replica.tell(encodeFrame(FRAME.root, wire.rootCodec.encode(root)));
    }
  }

  sign(author: number, domain: Domain, body: Uint8Array): ReturnType<SigningKey["sign"]> {
    const { clusterId } = this.parsed;
    return this.#keys[author]!.sign(signingBytes(domain, clusterId, 0 as Epoch, body));
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
}
