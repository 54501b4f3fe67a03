import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { QUORATE } from "../../bench/harness/local-cluster.ts";
import type { LocalCluster } from "../../bench/harness/local-cluster.ts";

export interface ReplicaLine {
  readonly id: number;
  readonly alive: boolean;
  readonly pid: number | null;
  readonly sequence: number;
  readonly stateRoot: string;
  readonly amnesiac?: boolean;
  readonly quarantined?: readonly number[];
}

interface StatusJson {
  readonly n: number;
  readonly f: number;
  readonly view: number;
  readonly primary: number;
  readonly replicas: readonly ReplicaLine[];
}

/**
 * What `quorate status` says. The caller's process goes on meanwhile: a client, or a replica that
 * runs in it, must answer.
 */
export async function askStatus(cluster: LocalCluster): Promise<StatusJson> {
  const command = [QUORATE, "status", "--dir", cluster.folder, "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  return JSON.parse(stdout) as StatusJson;
}

/** How often to ask: replicas that have stopped executing agree within a few round trips. */
const ATTEMPT_COUNT_MAX = 100;

/** Waits until the replicas in question have executed the same sequence, and answers their lines. */
export async function equalRoots(
  cluster: LocalCluster,
  indexes: readonly number[] = Array.from({ length: cluster.replicaCount }, (_, index) => index),
): Promise<readonly ReplicaLine[]> {
  let lines: readonly ReplicaLine[] = [];
  for (let attempt = 0; attempt < ATTEMPT_COUNT_MAX; attempt++) {
    const { replicas } = await askStatus(cluster);
    lines = replicas.filter((replica) => indexes.includes(replica.id));
    if (lines.length === indexes.length && new Set(lines.map((line) => line.sequence)).size === 1) {
      return lines;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return lines;
}
