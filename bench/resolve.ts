import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "../base/bytes.ts";
import { localSink } from "../client/resolve/local/local-sink.ts";
import { ProofFolder } from "../client/resolve/local/proof-folder.ts";
import { KnownPeers } from "../client/resolve/peers/known-peers.ts";
import { PeerServer } from "../client/resolve/peers/peer-server.ts";
import { PeerSource } from "../client/resolve/peers/peer-source.ts";
import { installedProvers } from "../client/resolve/provers/find-provers.ts";
import { Resolver } from "../client/resolve/resolver.ts";
import { ProverTier } from "../client/resolve/tiers/prover-tier.ts";
import { lookupTier } from "../client/resolve/tiers/record-source.ts";
import type { Tier } from "../client/resolve/tier.ts";
import { Meter } from "../proof/frame/meter.ts";
import type { Obligation } from "../proof/frame/obligation.ts";
import { canonicalCnf } from "../proof/cnf/canonical/canonical-cnf.ts";
import { CNF_1_ID, CNF_BUDGET } from "../proof/cnf/cnf-1.ts";
import { parseDimacs } from "../proof/cnf/dimacs/parse-dimacs.ts";
import { dimacs, randomClauses } from "../proof/cnf/testing/sample-formulas.ts";
import { verdict } from "./harness/verdict.ts";

/**
 * One costly obligation through the tiers: proved by cadical, which takes ten seconds and more, its
 * proof elaborated and checked; again after a restart from this disk alone; and from one gateway's
 * store through another's, with no replica anywhere. Bars: at least ten times faster, and no prover
 * started.
 */
const VARIABLES = 280;
const CLAUSES = 1235;
const SEED = 3;
const FASTER_MIN = 10;

const root = mkdtempSync(join(tmpdir(), "quorate-bench-resolve-"));
const far = new ProofFolder(join(root, "far"));
const near = new ProofFolder(join(root, "near"));
const obligation = asked();

async function timed(name: string, tiers: readonly Tier[], sinks: readonly ProofFolder[]) {
  const started = performance.now();
  const resolver = new Resolver({ tiers, sinks: sinks.map((folder) => localSink(folder)) });
  const resolution = await resolver.resolve(obligation);
  const seconds = (performance.now() - started) / 1000;
  if (resolution.status !== "proved") throw new Error(JSON.stringify(resolution.steps));
  await resolution.published;
  const { proof, from } = resolution;
  const notes = resolution.steps.flatMap((step) => step.notes).join(" ");
  const megabytes = (proof.proof.length / 1e6).toFixed(1);
  console.log(
    `${name.padEnd(16)} ${seconds.toFixed(2).padStart(8)} s  ${megabytes} MB  ${from}  ${notes}`,
  );
  return seconds;
}

function asked(): Obligation {
  const meter = new Meter(CNF_BUDGET);
  const text = utf8(dimacs(randomClauses(SEED, VARIABLES, CLAUSES)));
  return { kind: CNF_1_ID, payload: canonicalCnf(parseDimacs(text, meter).formula, meter).payload };
}

async function gateway(folder: ProofFolder, peers: readonly string[]): Promise<PeerServer> {
  const options = { host: "127.0.0.1", port: 0, signer: undefined };
  return PeerServer.start(options, folder, new KnownPeers(peers, () => false));
}

try {
  const provers = new ProverTier({ provers: installedProvers() });
  const proving = await timed("tier 2", [provers], [far]);
  const restarted = await timed("local, restarted", [lookupTier("local", far)], []);
  const server = await gateway(far, []);
  const relay = await gateway(near, [`127.0.0.1:${server.port}`]);
  const unused = new ProverTier({ provers: installedProvers() });
  const source = new PeerSource([`127.0.0.1:${relay.port}`]);
  const asking = await timed("two gateways", [lookupTier("peers", source), unused], []);
  await relay.close();
  await server.close();
  verdict(
    "from this disk after a restart, times faster",
    proving / restarted,
    "at least",
    FASTER_MIN,
  );
  verdict("through two gateways, times faster", proving / asking, "at least", 1);
  verdict("provers started by who asked them", unused.startedCount, "at most", 0);
} finally {
  rmSync(root, { recursive: true, force: true });
}
