import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { readKeyFile } from "../../base/host/key-file.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Epoch, Hash, ReplicaIndex } from "../../base/types.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/connect.ts";
import { parseGenesis } from "../../consensus/genesis-file.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import { stableCodec } from "../../consensus/wire/agreement.ts";
import { statementCodec } from "../../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import { submitAnswerCodec } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import { resumeCodec } from "../../consensus/wire/resume.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import { runReplica } from "../../node/run-replica.ts";
import type { RunningReplica } from "../../node/run-replica.ts";
import { eventually } from "../../node/testing/eventually.ts";
import type { Transport } from "../../node/transport/transport.ts";
import { runJson } from "../run-quorate.ts";

/** More than f keys in wrong hands halt everybody who sees it; an operator has them go on. */
const LIAR = 3;
const OTHERS = [0, 1, 2];
const SPACE = "resumed";

interface Listed {
  readonly exitCode: number | undefined;
  readonly replicas: readonly { readonly state: string; readonly evidence: string | null }[];
}

let cluster: LocalCluster;
let clusterId: Hash;
let liar: RunningReplica;
let client: Client;
let transport: Transport;
let truth: StatementCertificate;

beforeAll(async () => {
  cluster = await LocalCluster.create();
  ({ clusterId } = parseGenesis(nodeCrypto.hash, cluster.genesis));
  liar = await runReplica({
    folder: cluster.nodeFolder(LIAR),
    logLevel: "silent",
    disguise: {
      transport: (inner) => (transport = inner),
      answer: (_kind, body) => body,
      blobs: (blobs) => blobs,
    },
  });
  for (const index of OTHERS) cluster.launch(index);
  await Promise.all(OTHERS.map(ready));
  const signer = readKeyFile(join(cluster.folder, "writer", "key.json"));
  client = await connect({ genesis: cluster.genesis, signer, deadlineMs: 120_000 });
}, 120_000);

afterAll(async () => {
  await client?.close();
  await liar?.close();
  await cluster?.stop();
});

async function ready(index: number): Promise<void> {
  await eventually(async () => {
    const answer = await cluster.get(index, "/readyz").catch(() => undefined);
    return answer?.ok === true;
  });
}

async function account(index: number): Promise<{ halted: boolean; evidence: string | null }> {
  const answer = await cluster.get(index, "/halt");
  return (await answer.json()) as { halted: boolean; evidence: string | null };
}

/** Another root than the true one at its sequence, signed with three stolen keys. */
function forged(rounds: number): StatementCertificate {
  const decoded = statementCodec.decode(truth.statement);
  let { stateRoot } = decoded;
  for (let round = 0; round < rounds; round++) stateRoot = nodeCrypto.hash(stateRoot);
  const statement = statementCodec.encode({ ...decoded, stateRoot });
  const message = signingBytes(DOMAIN.statement, clusterId, decoded.epoch, statement);
  const signatures = [0, 1, 3].map((index) => {
    const { keyFile } = folderLayout(cluster.nodeFolder(index));
    return { author: index as ReplicaIndex, signature: readKeyFile(keyFile).sign(message) };
  });
  return { statement, signatures };
}

/** Shows both sides until each of them has halted; a replica keeps its newest certificates only. */
async function haltAll(rounds: number): Promise<string> {
  const put = await client.put(SPACE, `before ${rounds}`, Uint8Array.of(1));
  truth = submitAnswerCodec.decode(put.execution()).certificate!;
  const lie = forged(rounds);
  await eventually(async () => {
    for (const certificate of [truth, lie]) {
      transport.send("all", FRAME.stable, stableCodec.encode({ certificate }));
    }
    const told = await Promise.all(OTHERS.map(account));
    return told.every(({ halted }) => halted);
  });
  const names = new Set((await Promise.all(OTHERS.map(account))).map(({ evidence }) => evidence));
  expect(names.size).toBe(1);
  return [...names][0]!;
}

const resume = (...words: string[]): Promise<Listed> =>
  runJson(["resume", ...words, "--dir", cluster.folder]);
const statesOf = ({ replicas }: Listed): string[] => OTHERS.map((index) => replicas[index]!.state);

async function post(order: {
  readonly evidence: string;
  readonly epoch?: number;
  readonly role?: "operator" | "writer";
  readonly signed?: string;
}): Promise<number> {
  const { evidence, epoch = 0, role = "operator", signed = evidence } = order;
  const key = readKeyFile(join(cluster.folder, role, "key.json"));
  const at = epoch as Epoch;
  const bytes = resumeCodec.encode({
    epoch: at,
    evidence: Buffer.from(evidence, "hex") as Uint8Array as Hash,
    administrator: key.publicKey,
    signature: key.sign(
      signingBytes(DOMAIN.resume, clusterId, at, new Uint8Array(Buffer.from(signed, "hex"))),
    ),
  });
  const url = cluster.url(0, `/resume/${toHex(bytes)}`);
  const headers = { connection: "close" };
  return (await fetch(url, { method: "POST", headers })).status;
}

describe("replicas that were halted", () => {
  let first = "";

  it("go on after no order but an administrator's, for this evidence, in this epoch", async () => {
    first = await haltAll(1);
    const other = "00".repeat(32);
    expect(await post({ evidence: first, role: "writer" })).toBe(403);
    expect(await post({ evidence: first, signed: other })).toBe(403);
    expect(await post({ evidence: first, epoch: 1 })).toBe(409);
    expect(await post({ evidence: other })).toBe(409);
    const writer = join(cluster.folder, "writer", "key.json");
    const refused = await resume(first, "--key", writer);
    expect(refused.exitCode).not.toBe(0);
    expect(statesOf(refused)).toEqual(OTHERS.map(() => "refused: no administrator's key"));
    expect(statesOf(await resume())).toEqual(["halted", "halted", "halted"]);
  });

  it("go on by `quorate resume`, and the same evidence halts them no more", async () => {
    const resumed = await resume(first);
    expect(resumed.exitCode).toBe(0);
    expect(statesOf(resumed)).toEqual(["resumed", "resumed", "resumed"]);
    await Promise.all(OTHERS.map(ready));
    const lie = forged(1);
    await eventually(async () => {
      for (const certificate of [truth, lie]) {
        transport.send("all", FRAME.stable, stableCodec.encode({ certificate }));
      }
      const texts = await Promise.all(
        OTHERS.map(async (index) => (await cluster.get(index, "/metrics")).text()),
      );
      return texts.every((text) => text.includes("a contradiction that an operator released"));
    });
    expect((await client.put(SPACE, "after", Uint8Array.of(2))).outcome).toBe("accepted");
    const got = await client.get(SPACE, "before 1", { kind: "linearizable" });
    expect(got.status).toBe("hit");
    expect(statesOf(await resume())).toEqual(["runs", "runs", "runs"]);
  });

  it("are halted by other evidence, also after a restart, and may go on after that, too", async () => {
    const second = await haltAll(2);
    expect(second).not.toBe(first);
    expect(await post({ evidence: first })).toBe(409);
    await cluster.kill(1);
    cluster.launch(1);
    await eventually(async () => (await account(1).catch(() => undefined))?.halted === true);
    expect(statesOf(await resume(second))).toEqual(["resumed", "resumed", "resumed"]);
    await Promise.all(OTHERS.map(ready));
    expect((await client.put(SPACE, "at last", Uint8Array.of(3))).outcome).toBe("accepted");
  });
});
