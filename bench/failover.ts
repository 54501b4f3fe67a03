import { join } from "node:path";
import { readKeyFile } from "../base/host/key-file.ts";
import { connect } from "../client/connect.ts";
import { LocalCluster } from "./harness/local-cluster.ts";
import { verdict } from "./harness/verdict.ts";
import { runWriterLoad } from "./load/run-writer-load.ts";
import { EtcdCluster } from "./peers/etcd-cluster.ts";

/**
 * SIGKILL for the primary (the leader, for etcd) under load at default settings: the longest time
 * without any acknowledged write, as the clients saw it. Exit 1 when ours is longer than half of
 * etcd's longest in the same run, or 1.0 s, whichever is more.
 */
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 5);
const KILL_AFTER_MS = 4000;
const GAP_MS_BAR = 1000;
const LOAD = ["--connections=8", "--outstanding=8"];

async function ourGapMs(): Promise<number> {
  const cluster = await LocalCluster.start();
  try {
    const operator = join(cluster.folder, "writer", "key.json");
    const client = await connect({ genesis: cluster.genesis, signer: readKeyFile(operator) });
    const load = runWriterLoad(cluster, [
      ...["--keys", operator, "--retry", "--durationMs", "10000", "--warmupMs", "1000"],
      ...LOAD,
    ]);
    await new Promise((resolve) => setTimeout(resolve, KILL_AFTER_MS));
    const [status] = (await client.replicaStatus()).filter((text) => text !== undefined);
    await cluster.kill((JSON.parse(status as string) as { primary: number }).primary);
    const { result } = await load;
    await client.close();
    return result.longestGapMs;
  } finally {
    await cluster.stop();
  }
}

async function etcdGapMs(): Promise<number> {
  const etcd = await EtcdCluster.start();
  try {
    const load = etcd.load(["--retry", "--duration=10s", "--warmup=1s", "--timeout=1s", ...LOAD]);
    await new Promise((resolve) => setTimeout(resolve, KILL_AFTER_MS));
    etcd.killLeader();
    return (await load).longestGapMs;
  } finally {
    await etcd.stop();
  }
}

const ours: number[] = [];
const theirs: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  ours.push(await ourGapMs());
  theirs.push(await etcdGapMs());
  console.error(
    `round ${round + 1} of ${ROUNDS}: ours ${ours.at(-1)} ms, etcd ${theirs.at(-1)} ms`,
  );
}
const bar = Math.max(Math.max(...theirs) / 2, GAP_MS_BAR);
console.log(JSON.stringify({ oursMs: ours, etcdMs: theirs }));
verdict("longest write gap after the primary's SIGKILL, ms", Math.max(...ours), "at most", bar);
