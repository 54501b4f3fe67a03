import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { createKeyFile, readKeyFile } from "../../base/host/key-file.ts";
import { freePortRun } from "../../bench/harness/free-ports.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { runLyingReplica } from "../../chaos/liar/run-lying-replica.ts";
import type { LyingReplica } from "../../chaos/liar/run-lying-replica.ts";
import { connect } from "../../client/connect.ts";
import type { Client, Signer } from "../../client/connect.ts";
import { runGateway } from "../../client/gateway/run-gateway.ts";
import type { RunningGateway } from "../../client/gateway/run-gateway.ts";
import { eventually, metric, openDoor } from "../../client/gateway/testing/door-world.ts";
import { rawRequest } from "../../client/gateway/testing/raw-request.ts";
import { ScriptedCluster } from "../../client/gateway/testing/scripted-cluster.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import { ADMINISTRATION_ENROL, ADMINISTRATION_NAMESPACE } from "../../consensus/wire/write-set.ts";
import { writeProject } from "./build-tool.ts";
import type { BuildTool, Built } from "./build-tool.ts";
import { bazel, bazelOverGrpc, ccache, gradle, nix } from "./debian-tools.ts";
import { metro, moon, moonOverGrpc, nx, opendal, turbo } from "./node-tools.ts";

const TOOLS: readonly BuildTool[] = [
  ...[ccache, turbo, nx, moon, moonOverGrpc, metro, opendal, nix, bazel, bazelOverGrpc, gradle],
];
const NAMESPACE = "team-a";
/** The first primary: the worst one to lie. */
const LIAR = 0;
const HONEST = ["op-one", "op-two"] as const;
const ROGUE = "op-rogue";

type Entry = Pick<EntryRow, "kind" | "semanticDigest"> & { readonly bytes: Uint8Array };

const EVIL_BYTES = new TextEncoder().encode("EVIL\n");
const EVIL: Entry = {
  ...{ kind: "raw/1", bytes: EVIL_BYTES, semanticDigest: nodeCrypto.hash(EVIL_BYTES) },
};

/**
 * Each tool in front of four replicas whose primary lies, in a namespace that asks for the word of two
 * operators. A rogue, whose word does not count there, is at every key before the first honest build or
 * before the second. Two cold builds confirm each other, and a third is answered by what they agree on.
 */
describe.each(TOOLS.map((tool) => [titleOf(tool), tool] as const))("%s", (_title, tool) => {
  const project = { ...tool.project, ...tool.steady };
  let folder: string;
  let cluster: LocalCluster | undefined;
  let liar: LyingReplica | undefined;
  let operator: Client;
  let rogue: Client;
  /** One for all gateways, which come after each other: moon hashes its configuration. */
  let ports: { readonly port: number; readonly grpcPort: number };
  const clients: Client[] = [];
  const gateways: RunningGateway[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-rogue-builds-"));
    const port = await freePortRun(2);
    ports = { port, grpcPort: port + 1 };
  });
  afterEach(async () => {
    await shut();
    for (const client of clients.splice(0)) await client.close();
    await liar?.close();
    await cluster?.stop();
    [liar, cluster] = [undefined, undefined];
    rmSync(folder, { recursive: true, force: true });
  });

  /** In a new checkout, with an emptied local state; ends when all that was put has been judged. */
  async function build(gateway: RunningGateway, files: BuildTool["project"]): Promise<Built> {
    gateways.push(gateway);
    const { url } = gateway;
    await eventually(async () => (await rawRequest(url, "/readyz")).status === 200);
    const home = mkdtempSync(join(folder, "home-"));
    // Some tools hash where they are.
    const checkout = join(folder, "checkout");
    rmSync(checkout, { recursive: true, force: true });
    mkdirSync(checkout);
    writeProject(checkout, files);
    const grpcUrl = `grpc://127.0.0.1:${ports.grpcPort}`;
    const built = await tool.build({ checkout, home, url, grpcUrl, namespace: NAMESPACE });
    await expect
      .poll(() => metric(url, "quorate_gateway_journal_depth"), { timeout: 120_000 })
      .toBe(0);
    return built;
  }

  async function shut(): Promise<void> {
    for (const gateway of gateways.splice(0)) await gateway.close();
  }

  /** What a build makes, and what it puts, by name. */
  async function overhear(files: BuildTool["project"]): Promise<[Built, Map<string, Entry>]> {
    const heard = new ScriptedCluster();
    const home = mkdtempSync(join(folder, "gateway-"));
    const options = { ...ports, doorDeadlineMs: 20_000 };
    const built = await build(await openDoor(home, heard, options), files);
    await shut();
    const entries = new Map<string, Entry>();
    for (const { name, kind, semanticDigest } of heard.rows.values()) {
      const found = await heard.client().get(NAMESPACE, name);
      if (found.status === "miss") throw new Error(`${name} is not there`);
      entries.set(name, { kind, semanticDigest, bytes: await found.value.read() });
    }
    return [built, entries];
  }

  /** Answers the honest writers' keys. */
  async function startCluster(): Promise<Signer[]> {
    const started = await LocalCluster.create();
    cluster = started;
    liar = await runLyingReplica(started.nodeFolder(LIAR));
    await started.startAll([1, 2, 3]);
    const clientOf = async (signer: Signer): Promise<Client> => {
      const client = await connect({ genesis: started.genesis, signer });
      clients.push(client);
      return client;
    };
    operator = await clientOf(readKeyFile(join(started.folder, "operator", "key.json")));
    const enrol = async (name: string): Promise<Signer> => {
      const signer = createKeyFile(join(started.folder, `${name}.json`));
      const { publicKey: subject } = signer;
      await operator.administer("", {
        ...{ action: ADMINISTRATION_ENROL, subject, operator: name, namespaces: [NAMESPACE] },
      });
      return signer;
    };
    const signers = [await enrol(HONEST[0]), await enrol(HONEST[1])];
    rogue = await clientOf(await enrol(ROGUE));
    const rule = { confirmations: 2, trusted: [...HONEST] };
    await operator.administer(NAMESPACE, { action: ADMINISTRATION_NAMESPACE, ...rule });
    return signers;
  }

  function open(signer?: Signer): Promise<RunningGateway> {
    return runGateway({
      ...{ genesis: cluster?.genesis, signer, ...ports, doorDeadlineMs: 20_000 },
      folder: mkdtempSync(join(folder, "gateway-")),
    });
  }

  /** Well-formed, so that nothing but the policy is in its way. */
  async function plant(name: string, { kind, semanticDigest, bytes }: Entry): Promise<void> {
    const { version } = await rowOf(name);
    const { outcome } = await rogue.put(NAMESPACE, name, bytes, {
      ...{ kind, semanticDigest, succeeds: version },
    });
    expect(outcome).toBe("pending");
  }

  async function rowOf(name: string): Promise<Pick<EntryRow, "version" | "votes" | "sequence">> {
    const found = await operator.stat(NAMESPACE, name, { kind: "linearizable" });
    const row = found.status === "hit" ? found.entry : found.row;
    return row ?? { version: 0, votes: [], sequence: 0 as EntryRow["sequence"] };
  }

  it.skipIf(tool.missing !== undefined)(
    "makes what it makes, though the primary lies and a rogue is at each of its keys",
    async () => {
      const [{ outputs }, wanted] = await overhear(project);
      const forged = await forgeries(wanted);
      const [one, two] = await startCluster();
      const names = [...wanted.keys()];
      const early = names.filter((_, index) => index % 2 === 0);
      const late = names.filter((_, index) => index % 2 === 1);
      // What its action results name is there, too.
      for (const [name, entry] of forged) if (!wanted.has(name)) await plant(name, entry);

      for (const name of early) await plant(name, forged.get(name) as Entry);
      expect(await build(await open(one), project)).toEqual({ hits: 0, outputs });
      await shut();
      for (const name of late) await plant(name, forged.get(name) as Entry);
      expect(await build(await open(two), project)).toEqual({ hits: 0, outputs });
      await shut();

      const sequence = await expectRecord(wanted, forged);
      const reader = await open();
      // A root from before the last of it may be the newest that a new gateway has heard of.
      await eventually(async () => {
        const { body } = await rawRequest(reader.url, "/api/v1/status");
        return (JSON.parse(body.toString()) as { sequence: number | null }).sequence! >= sequence;
      });
      expect(await build(reader, project)).toEqual({ hits: tool.count, outputs });
      const certified = 'quorate_gateway_hits_total{level="cluster",certainty="certified"}';
      expect(await metric(reader.url, certified)).toBeGreaterThanOrEqual(tool.count);
      expect(liar?.told.sum).toBeGreaterThan(0);
    },
  );

  /** By two who agree, beside one who does not; answers where the last of it stands. */
  async function expectRecord(
    wanted: ReadonlyMap<string, Entry>,
    forged: ReadonlyMap<string, Entry>,
  ): Promise<number> {
    let last = 0;
    for (const [name, { semanticDigest }] of wanted) {
      const { votes, sequence } = await rowOf(name);
      const said = new Map(votes.map((vote) => [vote.operator, hex(vote.semanticDigest)]));
      for (const each of HONEST)
        expect([name, said.get(each)]).toEqual([name, hex(semanticDigest)]);
      expect(said.get(ROGUE)).toBe(hex(forged.get(name)!.semanticDigest));
      last = Math.max(last, sequence);
    }
    return last;
  }

  /** For every key another build's entry of its kind or another key's, else bytes that are none. */
  async function forgeries(wanted: ReadonlyMap<string, Entry>): Promise<Map<string, Entry>> {
    const { sabotage } = tool;
    const evil = sabotage === undefined ? new Map() : (await overhear(sabotaged(sabotage)))[1];
    const forged = new Map<string, Entry>(evil);
    for (const [index, [name, honest]] of [...wanted].entries()) {
      const others = [...evil.values(), ...wanted.values()];
      if (index % 4 > 1) others.reverse();
      const other = others.find(
        ({ kind, semanticDigest }) =>
          kind === honest.kind && hex(semanticDigest) !== hex(honest.semanticDigest),
      );
      forged.set(name, honest.kind === "raw/1" || other === undefined ? EVIL : other);
    }
    return forged;
  }

  function sabotaged([from, to]: readonly [string, string]): BuildTool["project"] {
    const files = Object.entries(project).map(([path, text]) => [path, text.replaceAll(from, to)]);
    expect(Object.fromEntries(files)).not.toEqual(project);
    return Object.fromEntries(files) as BuildTool["project"];
  }
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function titleOf({ name, missing }: BuildTool): string {
  return missing === undefined ? name : `${name}; skipped: ${missing}`;
}
