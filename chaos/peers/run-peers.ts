import { setTimeout as sleep } from "node:timers/promises";
import { EtcdCluster } from "../../bench/peers/etcd-cluster.ts";

/** What happened to a peer whose leader was hurt, in the same run on the same machine. */
export interface PeerRun {
  readonly what: "leader-kill" | "leader-pause";
  /** Longest time without an acknowledged write, as its clients saw it. */
  readonly writeGapsMs: readonly number[];
}

export interface Peers {
  readonly name: string;
  /** Why there is nothing to compare with. */
  readonly lacks?: string;
  readonly runs: readonly PeerRun[];
}

const ROUND_COUNT = 3;
const HURT_AFTER_MS = 3_000;
const PAUSE_MS = 4_000;
/** As many clients as an experiment has. */
const LOAD = ["--retry", "--warmup=1s", "--duration=8s", "--timeout=1s"];
const CLIENTS = ["--connections=4", "--outstanding=2"];

/** etcd, three nodes, defaults: SIGKILL and SIGSTOP for its leader under load. */
export async function runPeers(onNote: (text: string) => void): Promise<Peers> {
  const name = "etcd, three nodes, defaults";
  const lacks = EtcdCluster.lacking();
  if (lacks !== undefined) return { name, lacks, runs: [] };
  const runs: PeerRun[] = [];
  for (const [what, signal] of [
    ["leader-kill", "SIGKILL"],
    ["leader-pause", "SIGSTOP"],
  ] as const) {
    const writeGapsMs: number[] = [];
    for (let round = 0; round < ROUND_COUNT; round++) {
      const gapMs = await hurtLeader(signal);
      writeGapsMs.push(gapMs);
      onNote(`etcd ${what}: write gap ${gapMs} ms`);
    }
    runs.push({ what, writeGapsMs });
  }
  return { name, runs };
}

async function hurtLeader(signal: "SIGKILL" | "SIGSTOP"): Promise<number> {
  const etcd = await EtcdCluster.start();
  try {
    const load = etcd.load([...LOAD, ...CLIENTS]);
    await sleep(HURT_AFTER_MS);
    const leader = etcd.signalLeader(signal);
    await sleep(PAUSE_MS);
    // The load program waits for the node that it spoke to, and a stopped one could not end.
    if (signal === "SIGSTOP") leader?.kill("SIGCONT");
    const { longestGapMs } = await load;
    return Math.round(longestGapMs);
  } finally {
    await etcd.stop();
  }
}
