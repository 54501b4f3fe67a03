import { join } from "node:path";
import type { Client } from "../types.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import { rulesOf } from "./mode.ts";
import { OpenObligations } from "./work/open-obligations.ts";
import { OpenFolder } from "./local/open-folder.ts";
import { localSink } from "./local/local-sink.ts";
import { ProofFolder } from "./local/proof-folder.ts";
import { clusterSink } from "./network/cluster-sink.ts";
import { ClusterSource } from "./network/cluster-source.ts";
import { PeerSource } from "./peers/peer-source.ts";
import type { ProofSink } from "./publish.ts";
import { Resolver } from "./resolver.ts";
import type { ResolveSetup } from "./resolve-setup.ts";
import { builtInTier } from "./tiers/built-in-tier.ts";
import { ProverTier } from "./tiers/prover-tier.ts";
import { lookupTier } from "./tiers/record-source.ts";
import type { Tier, TierName } from "./tier.ts";
import { WorkersTier } from "./work/workers-tier.ts";

/** What the pipeline has beside this machine. */
export interface ResolverSurroundings {
  /** Undefined: no cluster. It is not closed here. */
  readonly client: Client | undefined;
  readonly namespace: string;
  /** Axioms of syntax, payloads of metamath/1, that tier 1 may build statements with. */
  readonly syntaxAxioms?: readonly Uint8Array[] | undefined;
}

export interface OpenedResolver {
  readonly resolver: Resolver;
  readonly provers: ProverTier;
  readonly folder: ProofFolder;
  /** Lists an obligation as open: here, and where there is a cluster to write to, there. */
  readonly deferred: (obligation: Obligation) => Promise<void>;
}

/** The pipeline as somebody wants it, over what there is. */
export function openResolver(
  setup: ResolveSetup,
  { client, namespace, syntaxAxioms }: ResolverSurroundings,
): OpenedResolver {
  const { mode, recording } = setup;
  const isReplay = mode === "replay" && recording !== undefined;
  const folder = new ProofFolder(isReplay ? recording : setup.folder);
  const provers = new ProverTier({ provers: setup.provers });
  const tiers = new Map<TierName, Tier>([
    ["local", lookupTier("local", folder)],
    ["tier1", builtInTier({ fuelMax: setup.fuelMax, syntaxAxioms })],
    ["tier2", provers],
  ]);
  const open = new OpenFolder(openFolderOf(setup.folder));
  const sinks: ProofSink[] = [ownSink(folder, open)];
  if (setup.peers.length > 0) tiers.set("peers", lookupTier("peers", new PeerSource(setup.peers)));
  if (mode === "record" && recording !== undefined) {
    sinks.push({ ...localSink(new ProofFolder(recording), "recording"), of: undefined });
  }
  if (client !== undefined) {
    const source = new ClusterSource(client, namespace);
    tiers.set("network", lookupTier("network", source));
    if (client.writer !== undefined) sinks.push(clusterSink(client, namespace));
    if (setup.workersMs > 0 && client.writer !== undefined) {
      tiers.set("workers", new WorkersTier(client, namespace, source, setup.workersMs));
    }
  }
  const ordered = setup.order.flatMap((name) => tiers.get(name) ?? []);
  const deferred = async (obligation: Obligation): Promise<void> => {
    open.add(obligation);
    if (client?.writer === undefined || !rulesOf(mode).tiers.has("network")) return;
    await new OpenObligations(client, namespace).open(obligation);
  };
  return { resolver: new Resolver({ tiers: ordered, sinks, mode }), provers, folder, deferred };
}

/** Beside the proofs of a machine, what it uses without one. */
export function openFolderOf(proofFolder: string): string {
  return join(proofFolder, "open");
}

/** This machine's store; what has a proof is not open any more. */
function ownSink(folder: ProofFolder, open: OpenFolder): ProofSink {
  const sink = localSink(folder);
  return { ...sink, publish: (proof) => sink.publish(proof).then(() => open.drop(proof.key)) };
}
