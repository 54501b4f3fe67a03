import { readKeyFile } from "../../base/host/key-file.ts";
import { connect } from "../../client/connect.ts";
import { clusterSink } from "../../client/resolve/network/cluster-sink.ts";
import { ClusterSource } from "../../client/resolve/network/cluster-source.ts";
import { localSink } from "../../client/resolve/local/local-sink.ts";
import { ProofFolder } from "../../client/resolve/local/proof-folder.ts";
import { Resolver } from "../../client/resolve/resolver.ts";
import { resolveSetup } from "../../client/resolve/resolve-setup.ts";
import { builtInTier } from "../../client/resolve/tiers/built-in-tier.ts";
import { ProverTier } from "../../client/resolve/tiers/prover-tier.ts";
import { lookupTier } from "../../client/resolve/tiers/record-source.ts";
import { Leases } from "../../client/resolve/work/lease.ts";
import { OpenObligations } from "../../client/resolve/work/open-obligations.ts";
import { WorkerLoop } from "../../client/resolve/work/run-worker-loop.ts";
import type { WorkerEvent } from "../../client/resolve/work/run-worker-loop.ts";
import type { Client } from "../../client/types.ts";
import { clusterFolder } from "../cluster-folder.ts";
import { readClusterFolder } from "../read-genesis.ts";
import type { WorkerCommandOptions } from "./commands/worker.ts";

export interface WorkerCounts {
  readonly solved: number;
  readonly unsolved: number;
  readonly proversStarted: number;
}

/** A worker until it is told to end; what it was proving then passes on with its lease. */
export async function runWorker(
  options: WorkerCommandOptions,
  told: Promise<void>,
  onEvent: (event: WorkerEvent) => void,
): Promise<WorkerCounts> {
  const folder = clusterFolder(options.dir);
  const client = await connect({
    genesis: readClusterFolder(folder).text,
    signer: readKeyFile(options.key ?? folder.writerKey),
    deadlineMs: options.timeout * 1000,
    lazy: true,
  });
  const ends = new AbortController();
  const leaseMs = options.lease === undefined ? undefined : 1000 * options.lease;
  try {
    const provers = new ProverTier({ provers: resolveSetup(options).provers });
    const loop = workerLoop(options, client, provers, { leaseMs, onEvent, signal: ends.signal });
    const running = loop.run();
    await Promise.race([told, running]);
    ends.abort(new Error("the worker was told to end"));
    await running;
    const { solved, unsolved } = loop;
    return { solved, unsolved, proversStarted: provers.startedCount };
  } finally {
    await client.close();
  }
}

function workerLoop(
  options: WorkerCommandOptions,
  client: Client,
  provers: ProverTier,
  by: {
    readonly leaseMs: number | undefined;
    readonly onEvent: (event: WorkerEvent) => void;
    readonly signal: AbortSignal;
  },
): WorkerLoop {
  const { namespace } = options;
  const setup = resolveSetup(options);
  const local = new ProofFolder(setup.folder);
  const network = lookupTier("network", new ClusterSource(client, namespace));
  const tiers = [lookupTier("local", local), builtInTier({ fuelMax: setup.fuelMax }), provers];
  return new WorkerLoop(
    {
      open: new OpenObligations(client, namespace),
      leases: new Leases(client, { namespace, leaseMs: by.leaseMs }),
      known: new Resolver({ tiers: [network], sinks: [] }),
      // What somebody opened is worth publishing however cheap it was.
      prover: new Resolver({
        tiers,
        sinks: [localSink(local), clusterSink(client, namespace, false)],
      }),
      ...by,
    },
    by.signal,
  );
}
