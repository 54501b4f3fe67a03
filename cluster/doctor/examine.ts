import { QuorateError } from "../../base/quorate-error.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { clusterFolder } from "../cluster-folder.ts";
import { replicaPort } from "../launcher/plan-cluster.ts";
import { localNodes } from "../launcher/local-nodes.ts";
import { knownEpochs } from "../membership/known-epochs.ts";
import { readClusterFolder } from "../read-genesis.ts";
import { clusterStatus } from "../status/cluster-status.ts";
import { checkFolder } from "./check-folder.ts";
import { checkProcesses } from "./check-processes.ts";
import { checkReplicas } from "./check-replicas.ts";
import { fault } from "./finding.ts";
import type { Finding } from "./finding.ts";

const ANSWER_MS_MAX = 3000;

/** Looks at everything that can be looked at from this machine; the worst comes first. */
export async function examine(dir: string): Promise<Finding[]> {
  const folder = clusterFolder(dir);
  let genesis: Genesis;
  try {
    ({ genesis } = readClusterFolder(folder));
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    return [fault(error.code, error.message, error.hint)];
  }
  const { newest } = await knownEpochs(folder, genesis);
  const status = await clusterStatus(genesis, newest, ANSWER_MS_MAX);
  const here = new Set(localNodes(folder, genesis).map(({ address }) => address));
  const ports = status.replicas
    .filter(({ address, alive }) => !alive && here.has(address))
    .map(({ id, address }) => replicaPort(`replica ${id}`, address));
  const findings = [
    ...(await checkFolder(folder, genesis)),
    ...(await checkProcesses(folder, ports)),
    ...checkReplicas(status, newest, Date.now()),
  ];
  return findings.sort((left, right) => weight(left) - weight(right));
}

function weight(finding: Finding): number {
  return finding.severity === "error" ? 0 : 1;
}
