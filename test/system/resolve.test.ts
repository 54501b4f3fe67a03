import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { readKeyFile } from "../../base/host/key-file.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/connect.ts";
import { publishProof } from "../../client/proofs/publish-proofs.ts";
import { localSink } from "../../client/resolve/local/local-sink.ts";
import { ProofFolder } from "../../client/resolve/local/proof-folder.ts";
import { clusterSink } from "../../client/resolve/network/cluster-sink.ts";
import { ClusterSource } from "../../client/resolve/network/cluster-source.ts";
import { KnownPeers } from "../../client/resolve/peers/known-peers.ts";
import { PeerServer } from "../../client/resolve/peers/peer-server.ts";
import { PeerSource } from "../../client/resolve/peers/peer-source.ts";
import { Resolver } from "../../client/resolve/resolver.ts";
import { builtInTier } from "../../client/resolve/tiers/built-in-tier.ts";
import { ProverTier } from "../../client/resolve/tiers/prover-tier.ts";
import { lookupTier } from "../../client/resolve/tiers/record-source.ts";
import { falsified, obligationOf, recordOf } from "../../client/resolve/testing/formulas.ts";
import { Leases } from "../../client/resolve/work/lease.ts";
import { OpenObligations } from "../../client/resolve/work/open-obligations.ts";
import { WorkerLoop } from "../../client/resolve/work/run-worker-loop.ts";
import type { WorkerParts } from "../../client/resolve/work/run-worker-loop.ts";
import { WorkersTier } from "../../client/resolve/work/workers-tier.ts";
import { createCluster } from "../../cluster/init/create-cluster.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { runReplica } from "../../node/run-replica.ts";
import type { RunningReplica } from "../../node/run-replica.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import { pigeonhole, randomClauses } from "../../proof/cnf/testing/sample-formulas.ts";

/** The pipeline over four real replicas: proofs shared, wrong ones refused, work passed on. */

const NAMESPACE = "default";
const LEASE_MS = 3_000;
let folder = "";
let genesis = "";
let writerKey = "";
const clients: Client[] = [];
let replicas: RunningReplica[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-pipeline-"));
  const ports = await freePorts(4);
  const created = createCluster({
    folder: join(folder, "cluster"),
    addresses: ports.map((port) => `127.0.0.1:${port}`),
    nowMs: Date.now(),
  });
  genesis = readFileSync(created.clusterFile, "utf8");
  writerKey = created.writerKey;
  replicas = await Promise.all(
    [0, 1, 2, 3].map((index) =>
      runReplica({ folder: join(folder, "cluster", `node-${index}`), logLevel: "silent" }),
    ),
  );
});

afterAll(async () => {
  for (const client of clients) await client.close();
  for (const replica of replicas) await replica.close();
  rmSync(folder, { recursive: true, force: true });
});

async function newClient(): Promise<Client> {
  const signer = readKeyFile(writerKey);
  const client = await connect({ genesis, signer, deadlineMs: 30_000 });
  clients.push(client);
  return client;
}

/** One machine with a client and a disk of its own. */
async function machine(name: string, isProving: boolean) {
  const client = await newClient();
  const proofs = new ProofFolder(join(folder, name));
  const provers = new ProverTier({ provers: [] });
  const network = lookupTier("network", new ClusterSource(client, NAMESPACE));
  const tiers = [
    network,
    lookupTier("local", proofs),
    ...(isProving ? [builtInTier()] : [provers]),
  ];
  const sinks = [localSink(proofs), clusterSink(client, NAMESPACE, false)];
  return { client, proofs, provers, resolver: new Resolver({ tiers, sinks }) };
}

async function proved(resolver: Resolver, obligation: Obligation) {
  const resolution = await resolver.resolve(obligation);
  if (resolution.status !== "proved") throw new Error(JSON.stringify(resolution.steps));
  return { ...resolution, published: await resolution.published };
}

describe("what one machine proves", () => {
  it("another has from the cluster, and starts no prover", async () => {
    const asked = obligationOf(pigeonhole(6));
    const one = await machine("one", true);
    const first = await proved(one.resolver, asked);
    expect(first.published.map(({ outcome }) => outcome)).toEqual(["published", "published"]);
    const other = await machine("other", false);
    const second = await proved(other.resolver, asked);
    expect(second).toMatchObject({ tier: "network", grade: "checked-here" });
    expect([other.provers.startedCount, other.resolver.counts.tier("tier2").found]).toEqual([0, 0]);
  });

  it("is refused by the cluster when it is false", async () => {
    const client = await newClient();
    const { obligation, proof } = falsified(recordOf(pigeonhole(4)));
    await expect(
      publishProof(client, { obligation, proof, axioms: [] }, { namespace: NAMESPACE }),
    ).rejects.toMatchObject({ code: "PROOF_REJECTED" });
  });
});

describe("a lease", () => {
  const { signal } = new AbortController();
  const leasesOf = async (leaseMs: number): Promise<Leases> =>
    new Leases(await newClient(), { namespace: NAMESPACE, leaseMs });

  it("is had by one of those who claim it at one time", async () => {
    const all = await Promise.all(Array.from({ length: 3 }, () => leasesOf(600_000)));
    const claims = await Promise.all(all.map((leases) => leases.claim("aa".repeat(32), signal)));
    const held = claims.filter((lease) => lease !== undefined);
    expect(held).toHaveLength(1);
    expect(await held[0]!.renew()).toBe(true);
  });

  it("passes on when it lapses, and then cannot be renewed", async () => {
    const [one, other] = await Promise.all([leasesOf(500), leasesOf(600_000)]);
    const key = "bb".repeat(32);
    const lease = await one.claim(key, signal);
    await expect.poll(() => other.claim(key, signal), { timeout: 40_000 }).toBeDefined();
    expect(await lease!.renew()).toBe(false);
  });
});

describe("twenty open obligations, three workers", () => {
  const OPEN = Array.from({ length: 20 }, (_, index) =>
    obligationOf(randomClauses(100 + index, 60, 280)),
  );
  const keys = OPEN.map((one) => toHex(keyOfObligation(nodeCrypto.hash, one)));

  it("of whom one is killed and one publishes false proofs: all are answered, none solved thrice", async () => {
    const asker = await newClient();
    const open = new OpenObligations(asker, NAMESPACE);
    for (const one of OPEN) await open.open(one);
    const solved = new Map<string, number>();
    let [lies, refusedLies] = [0, 0];
    const ends = { honest: new AbortController(), killed: new AbortController() };

    const worker = async (
      name: string,
      signal: AbortSignal,
      prover?: (client: Client) => WorkerParts["prover"],
    ): Promise<WorkerLoop> => {
      const { client, resolver } = await machine(name, true);
      return new WorkerLoop(
        {
          open: new OpenObligations(client, NAMESPACE),
          leases: new Leases(client, { namespace: NAMESPACE, leaseMs: LEASE_MS }),
          known: new Resolver({
            tiers: [lookupTier("network", new ClusterSource(client, NAMESPACE))],
            sinks: [],
          }),
          prover: prover?.(client) ?? resolver,
          onEvent: ({ event, key }) => {
            if (event === "solved") solved.set(key, (solved.get(key) ?? 0) + 1);
          },
          leaseMs: LEASE_MS,
          pollMs: 100,
        },
        signal,
      );
    };
    const lying = (client: Client): WorkerParts["prover"] => ({
      async resolve(obligation) {
        lies++;
        const proof = Uint8Array.of(1, 0x61, 2, 0, 0);
        // Held: there is a true one already, and the false one is not even sent.
        await publishProof(client, { obligation, proof, axioms: [] }).then(
          ({ outcome }) => (lies -= outcome === "held" ? 1 : 0),
          () => (refusedLies += 1),
        );
        return {
          status: "unresolved",
          key: keyOfObligation(nodeCrypto.hash, obligation),
          steps: [],
        };
      },
    });
    /** Takes a lease and is killed while it proves: nothing is given back. */
    const dying = (): WorkerParts["prover"] => ({
      resolve: () => {
        ends.killed.abort(new Error("killed"));
        return Promise.reject(new Error("killed"));
      },
    });
    const loops = await Promise.all([
      worker("honest", ends.honest.signal),
      worker("killed", ends.killed.signal, dying),
      worker("liar", ends.honest.signal, lying),
    ]);
    const running = loops.map((loop) => loop.run());
    const known = new ClusterSource(asker, NAMESPACE);
    const tier = new WorkersTier(asker, NAMESPACE, known, 60_000);
    const waiting = new Resolver({ tiers: [tier], sinks: [] });
    const answers = await Promise.all(OPEN.map((one) => proved(waiting, one)));
    // What is certified can be read before its publisher hears so.
    await eventually(() => solved.size >= keys.length);
    ends.honest.abort(new Error("done"));
    await Promise.all(running);

    expect(answers.map(({ key }) => toHex(key))).toEqual(keys);
    expect(Math.max(...solved.values())).toBeLessThanOrEqual(2);
    expect([...solved.keys()].sort()).toEqual([...keys].sort());
    expect(ends.killed.signal.aborted).toBe(true);
    expect(refusedLies).toBe(lies);
  }, 120_000);
});

describe("with every replica away", () => {
  it("two gateways share a proof by QUERY and PROOF, and no prover is started", async () => {
    const asked = obligationOf(pigeonhole(6));
    const holding = new ProofFolder(join(folder, "one"));
    for (const replica of replicas.splice(0)) await replica.close();
    const gateway = async (proofs: ProofFolder, peers: readonly string[]): Promise<PeerServer> =>
      PeerServer.start(
        { host: "127.0.0.1", port: 0, signer: undefined },
        proofs,
        new KnownPeers(peers, () => false),
      );
    const far = await gateway(holding, []);
    const near = await gateway(new ProofFolder(join(folder, "near")), [`127.0.0.1:${far.port}`]);
    try {
      const provers = new ProverTier({ provers: [] });
      const source = new PeerSource([`127.0.0.1:${near.port}`]);
      const resolver = new Resolver({ tiers: [lookupTier("peers", source), provers], sinks: [] });
      expect(await proved(resolver, asked)).toMatchObject({ tier: "peers" });
      expect(provers.startedCount).toBe(0);
      expect([near.counts.forwarded, far.counts.answered]).toEqual([1, 1]);
    } finally {
      await near.close();
      await far.close();
    }
  });
});

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
