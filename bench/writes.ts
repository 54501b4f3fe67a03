import { mkdirSync, writeFileSync } from "node:fs";
import { LocalCluster } from "./harness/local-cluster.ts";
import { machineTimes, median, processSeconds } from "./harness/machine-load.ts";
import { enrolWriters } from "./harness/enrol-writers.ts";
import { verdict } from "./harness/verdict.ts";
import { runWriterLoad } from "./load/run-writer-load.ts";
import { EtcdCluster } from "./peers/etcd-cluster.ts";
import type { EtcdLoad } from "./peers/etcd-cluster.ts";

/**
 * Certified, signed, executed writes of 1 KiB with fsync on four replicas of one machine, against
 * a three-node etcd on the same disk in the same run. Rounds alternate between the two; figures
 * are medians of the rounds. Exit 1 when a bar is missed.
 */
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 3);
const DURATION_MS = Number(process.env["BENCH_DURATION_MS"] ?? 8000);
const CONNECTIONS = 8;
const OUTSTANDING = 64;

const BARS = {
  ratioToPut: 1.5,
  ratioToTransaction: 0.5,
  singleP50Ratio: 4.5,
} as const;

interface Measured extends EtcdLoad {
  readonly cpuUsPerWrite: number;
  readonly othersCores: number;
  readonly perBatch: Readonly<Record<string, number>>;
}

const METRICS = {
  batches: "quorate_batches_total",
  signatures: "quorate_signatures_total",
  verifications: "quorate_verifications_total",
  flushes: "quorate_flushes_total",
} as const;

async function measureOurs(
  cluster: LocalCluster,
  keys: readonly string[],
  connections: number,
  outstanding: number,
): Promise<Measured> {
  const before = await totals(cluster);
  const cpuBefore = processSeconds(cluster.pids);
  const machineBefore = machineTimes();
  const load = await runWriterLoad(cluster, [
    ...["--keys", keys.join(","), "--connections", String(connections)],
    ...["--outstanding", String(outstanding), "--durationMs", String(DURATION_MS)],
  ]);
  const cpu = processSeconds(cluster.pids) - cpuBefore;
  const machine = machineTimes();
  const after = await totals(cluster);
  const batches = Math.max(1, (after.batches - before.batches) / cluster.replicaCount);
  const wholeRun = (DURATION_MS + 2000) / 1000;
  return {
    ...load.result,
    cpuUsPerWrite: (cpu * 1e6) / (load.result.writesPerSecond * wholeRun),
    othersCores: Math.max(
      0,
      (machine.busy - machineBefore.busy - cpu - load.cpuSeconds) / wholeRun,
    ),
    perBatch: {
      writes: (load.result.writesPerSecond * wholeRun) / batches,
      signatures: (after.signatures - before.signatures) / batches,
      verifications: (after.verifications - before.verifications) / batches,
      flushes: (after.flushes - before.flushes) / batches,
    },
  };
}

async function totals(cluster: LocalCluster): Promise<Record<keyof typeof METRICS, number>> {
  const sums = { batches: 0, signatures: 0, verifications: 0, flushes: 0 };
  for (let index = 0; index < cluster.replicaCount; index++) {
    for (const [name, metric] of Object.entries(METRICS)) {
      sums[name as keyof typeof METRICS] += await cluster.metric(index, metric);
    }
  }
  return sums;
}

async function main(): Promise<void> {
  const lacking = EtcdCluster.lacking();
  if (lacking !== undefined) {
    console.error(`the peer is missing: ${lacking}`);
    process.exitCode = 66;
    return;
  }
  const cluster = await LocalCluster.start();
  const etcd = await EtcdCluster.start();
  try {
    const keys = await enrolWriters(cluster, 512);
    const rounds = await measureRounds(cluster, etcd, keys);
    report(rounds, await measureOurs(cluster, keys, 64, 8));
  } finally {
    await etcd.stop();
    await cluster.stop();
  }
}

interface Round {
  readonly ours: Measured;
  readonly oursSingle: Measured;
  readonly put: EtcdLoad;
  readonly transaction: EtcdLoad;
  readonly putSingle: EtcdLoad;
}

async function measureRounds(
  cluster: LocalCluster,
  etcd: EtcdCluster,
  keys: readonly string[],
): Promise<Round[]> {
  const rounds: Round[] = [];
  const time = [`--duration=${DURATION_MS}ms`];
  const single = ["--connections=1", "--outstanding=1"];
  for (let round = 0; round < ROUNDS; round++) {
    console.error(`round ${round + 1} of ${ROUNDS} …`);
    rounds.push({
      ours: await measureOurs(cluster, keys.slice(0, CONNECTIONS), CONNECTIONS, OUTSTANDING),
      put: await etcd.load(["--mode=put", ...time]),
      transaction: await etcd.load(["--mode=txn", ...time]),
      oursSingle: await measureOurs(cluster, keys.slice(0, 1), 1, 1),
      putSingle: await etcd.load(["--mode=put", ...single, ...time]),
    });
  }
  return rounds;
}

function report(rounds: readonly Round[], manyKeys: Measured): void {
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  const ours = of((round) => round.ours.writesPerSecond);
  const ratioToPut = of((round) => round.ours.writesPerSecond / round.put.writesPerSecond);
  const ratioToTransaction = of(
    (round) => round.ours.writesPerSecond / round.transaction.writesPerSecond,
  );
  const singleP50Ratio = of((round) => round.oursSingle.p50Ms / round.putSingle.p50Ms);
  const result = {
    load: `${CONNECTIONS} connections of ${OUTSTANDING} outstanding, 1 KiB, ${ROUNDS} rounds of ${DURATION_MS} ms`,
    writesPerSecond: ours,
    p50Ms: of((round) => round.ours.p50Ms),
    p99Ms: of((round) => round.ours.p99Ms),
    cpuUsPerWrite: of((round) => round.ours.cpuUsPerWrite),
    othersCores: of((round) => round.ours.othersCores),
    perBatch: rounds.at(-1)?.ours.perBatch,
    singleP50Ms: of((round) => round.oursSingle.p50Ms),
    etcdPutPerSecond: of((round) => round.put.writesPerSecond),
    etcdTransactionPerSecond: of((round) => round.transaction.writesPerSecond),
    etcdSingleP50Ms: of((round) => round.putSingle.p50Ms),
    manyKeysWritesPerSecond: manyKeys.writesPerSecond,
    ratioToPut,
    ratioToTransaction,
    singleP50Ratio,
  };
  console.log(JSON.stringify(result, undefined, 2));
  mkdirSync("bench/results", { recursive: true });
  writeFileSync("bench/results/writes.json", `${JSON.stringify(result, undefined, 2)}\n`);
  verdict(
    "writes/s, ratio to etcd with one put a request",
    ratioToPut,
    "at least",
    BARS.ratioToPut,
  );
  verdict(
    "writes/s, ratio to etcd with 64 puts a transaction",
    ratioToTransaction,
    "at least",
    BARS.ratioToTransaction,
  );
  verdict(
    "one write at a time, p50, ratio to etcd",
    singleP50Ratio,
    "at most",
    BARS.singleP50Ratio,
  );
}

await main();
