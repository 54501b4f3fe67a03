import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { readKeyFile } from "../../base/host/key-file.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { parseGenesis } from "../../consensus/genesis-file.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { provenStatement } from "../../consensus/statement-certificate.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import { stableCodec } from "../../consensus/wire/agreement.ts";
import { statementCodec } from "../../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import { READ_ANSWERED, SUBMIT_EXECUTED } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import { HttpServer } from "../../node/http/http-server.ts";
import { Tally } from "../../node/metrics/tally.ts";
import { testIdentity } from "../../node/testing/committee.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { TestClient, TestWriter } from "../../node/testing/test-client.ts";
import { WebSocketTransport } from "../../node/transport/web-socket-transport.ts";
import { askStatus } from "./equal-roots.ts";
import type { ReplicaLine } from "./equal-roots.ts";

const LIAR = 3;
const CORRECT = [0, 1, 2];
/** More than a heartbeat's period and a view change's, at 10 ms a tick. */
const TURNS = 400;

/** Speaks to the others under the liar's true key and says what it is told to. */
class LyingPeer {
  readonly #transport: WebSocketTransport;
  readonly #server: HttpServer;

  constructor(cluster: LocalCluster, genesis: Genesis) {
    const committee = genesisCommittee(genesis);
    const key = readKeyFile(folderLayout(cluster.nodeFolder(LIAR)).keyFile);
    this.#transport = new WebSocketTransport({
      identity: testIdentity(committee, key, LIAR),
      drops: new Tally(),
      monotonicMs: () => performance.now(),
      random: Math.random,
      addressOf: (index) => committee.members[index]?.address ?? "",
    });
    const accept = this.#transport.accept.bind(this.#transport);
    this.#server = new HttpServer(
      { requests: new Map(), upgrades: new Map([["/peer", accept]]) },
      new Tally(),
    );
  }

  async open(cluster: LocalCluster): Promise<void> {
    await this.#server.listen("127.0.0.1", cluster.basePort + LIAR);
    this.#transport.open({
      onFrame: () => undefined,
      onPeerUp: () => undefined,
      onPeerLost: () => undefined,
    });
    await eventually(() => this.#transport.peers().every((peer) => peer.connected));
  }

  tell(to: ReplicaIndex | "all", certificate: StatementCertificate): void {
    this.#transport.send(to, FRAME.stable, stableCodec.encode({ certificate }));
  }

  async close(): Promise<void> {
    await this.#transport.close();
    await this.#server.close();
  }
}

describe("two valid certificates that contradict each other", () => {
  let cluster: LocalCluster;
  let genesis: Genesis;
  let writer: TestWriter;
  let liar: LyingPeer;
  let truth: StatementCertificate;
  const clients: TestClient[] = [];

  beforeAll(async () => {
    cluster = await LocalCluster.start();
    genesis = parseGenesis(nodeCrypto.hash, cluster.genesis);
    writer = new TestWriter(genesis, readKeyFile(join(cluster.folder, "writer", "key.json")));
    const client = await clientOf(0);
    for (const name of ["one", "two", "three"]) {
      const { bytes, digest } = writer.put(name, name);
      expect((await client.submit(bytes, digest)).status).toBe(SUBMIT_EXECUTED);
    }
    await cluster.kill(LIAR);
    truth = await certifiedEverywhere("three");
    liar = new LyingPeer(cluster, genesis);
    await liar.open(cluster);
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await liar?.close();
    await cluster?.stop();
  });

  const clientOf = async (index: number): Promise<TestClient> => {
    const client = await TestClient.connect(genesis, `127.0.0.1:${cluster.basePort + index}`);
    clients.push(client);
    return client;
  };
  /** The certificate over this entry, once every correct replica answers with one over the same. */
  const certifiedEverywhere = async (name: string): Promise<StatementCertificate> => {
    const readers = await Promise.all(CORRECT.map(clientOf));
    for (;;) {
      const reads = await Promise.all(readers.map((reader) => reader.read("default", name)));
      const statements = reads.map(({ row, certificate }) =>
        row.length > 0 && certificate !== undefined ? toHex(certificate.statement) : "",
      );
      if (statements[0] !== "" && new Set(statements).size === 1) return reads[0]!.certificate!;
    }
  };
  const keyOf = (index: number) => readKeyFile(folderLayout(cluster.nodeFolder(index)).keyFile);

  /** Another root for the same sequence, signed under these names by the keys of those. */
  const forged = (authors: readonly number[], signers: readonly number[]): StatementCertificate => {
    const committee = genesisCommittee(genesis);
    const decoded = statementCodec.decode(truth.statement);
    const stateRoot = nodeCrypto.hash(decoded.stateRoot);
    const statement = statementCodec.encode({ ...decoded, stateRoot });
    const message = signingBytes(DOMAIN.statement, committee.clusterId, committee.epoch, statement);
    const signatures = authors.map((author, at) => ({
      author: author as ReplicaIndex,
      signature: keyOf(signers[at]!).sign(message),
    }));
    return { statement, signatures };
  };
  const metric = (index: number, name: string): Promise<number> => cluster.metric(index, name);
  const areHalted = async (): Promise<boolean[]> =>
    await Promise.all(CORRECT.map(async (index) => (await metric(index, "quorate_halted")) === 1));

  /** Everything that a signature could be asked with, for a while. */
  const expectMute = async (): Promise<void> => {
    const each = CORRECT.map(async (index) => {
      const [signed, turns] = [
        await metric(index, "quorate_signatures_total"),
        await metric(index, "quorate_turns_total"),
      ];
      const client = await clientOf(index);
      const { bytes, digest } = writer.put(`unheard at ${index}`, "x");
      void client.submit(bytes, digest);
      await eventually(async () => (await metric(index, "quorate_turns_total")) > turns + TURNS);
      expect(await metric(index, "quorate_signatures_total"), `replica ${index}`).toBe(signed);
    });
    await Promise.all(each);
  };
  const expectOldReceipts = async (): Promise<void> => {
    for (const index of CORRECT) {
      const client = await clientOf(index);
      for (const name of ["one", "two", "three"]) {
        const read = await client.read("default", name);
        expect(read.status, `${name} at ${index}`).toBe(READ_ANSWERED);
        expect(read.row.length).toBeGreaterThan(0);
        const proven = provenStatement(nodeCrypto, genesisCommittee(genesis), read.certificate!);
        expect(proven?.sequence).toBe(statementCodec.decode(truth.statement).sequence);
      }
      const ready = await cluster.get(index, "/readyz");
      expect(ready.status).toBe(503);
      expect(await ready.text()).toContain("halted");
    }
  };

  it("made by one liar under the names of others halt nobody", async () => {
    liar.tell("all", forged([0, 1, 3], [LIAR, LIAR, LIAR]));
    for (const index of CORRECT) {
      await eventually(async () => {
        const text = await (await cluster.get(index, "/metrics")).text();
        return /refused: .*(signature|statement|certificate)/.test(text);
      });
    }
    expect(await areHalted()).toEqual([false, false, false]);
  });

  it("made with the keys of more than f halt every correct replica that sees them", async () => {
    liar.tell("all", forged([0, 1, 3], [0, 1, 3]));
    await eventually(async () => (await areHalted()).every(Boolean));
    for (const index of CORRECT) {
      const { haltFile } = folderLayout(cluster.nodeFolder(index));
      const evidence = JSON.parse(readFileSync(haltFile, "utf8")) as { proofs: string[] };
      expect(evidence.proofs).toHaveLength(2);
      expect(evidence.proofs.join()).toContain(toHex(truth.statement));
    }
    await expectMute();
    await expectOldReceipts();
  });

  it("halt them over a restart too, and old receipts are served", async () => {
    await Promise.all(CORRECT.map((index) => cluster.kill(index)));
    for (const index of CORRECT) cluster.launch(index);
    await Promise.all(CORRECT.map((index) => cluster.ready(index, "/healthz")));
    expect(await areHalted()).toEqual([true, true, true]);
    await expectMute();
    for (const index of CORRECT) expect(await metric(index, "quorate_signatures_total")).toBe(0);
    await expectOldReceipts();
  });

  it("halt them even when the evidence's file is damaged: only its absence releases", async () => {
    const { haltFile } = folderLayout(cluster.nodeFolder(1));
    await cluster.kill(1);
    writeFileSync(haltFile, "{");
    expect(existsSync(haltFile)).toBe(true);
    cluster.launch(1);
    await cluster.ready(1, "/healthz");
    expect(await areHalted()).toEqual([true, true, true]);
    // Not before: the liar lives in this process, which waits here.
    await liar.close();
    let lines: readonly (ReplicaLine & { readonly halted?: boolean })[] = [];
    // Who does not answer in time says nothing of itself.
    await eventually(async () => {
      lines = (await askStatus(cluster)).replicas;
      return lines.filter((line) => line.halted).length >= 3;
    });
    expect(lines.map((line) => line.halted)).toEqual([true, true, true, false]);
  });
});
