import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readKeyFile } from "../../base/host/key-file.ts";
import type { Prng } from "../../base/prng.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import { connect } from "../../client/connect.ts";
import { clusterFolder } from "../../cluster/cluster-folder.ts";
import { readLauncherState } from "../../cluster/launcher/launcher-state.ts";
import type { ChildState } from "../../cluster/launcher/launcher-state.ts";
import { signalProcess } from "../../cluster/launcher/process-identity.ts";
import { readClusterFolder } from "../../cluster/read-genesis.ts";
import { NAMESPACE } from "./client-loop.ts";
import { quantile } from "./figures.ts";

export interface WatchOptions {
  /** Of a cluster that `quorate up` runs on this machine. */
  readonly folder: string;
  readonly out: string;
  readonly everyMs: number;
  readonly prng: Prng;
  readonly signal: AbortSignal;
  readonly onRound: (summary: WatchSummary) => void;
}

export interface WatchSummary {
  readonly rounds: number;
  /** Rounds after which everything that had been acknowledged was there, byte for byte. */
  readonly survived: number;
  readonly recoveryP50Ms: number;
  readonly recoveryMaxMs: number;
}

const PAUSE_MS = 2_000;
const CALL_MS_MAX = 60_000;
/** Read back after each round: the newest ones. */
const KEPT_COUNT = 200;

/**
 * A round every so often: one replica is killed, which the launcher starts again, or paused for two
 * seconds. `watch.jsonl` has a line for each round, `watch.json` the sum of all.
 * @throws QuorateError NOT_A_CLUSTER_FOLDER, CLUSTER_NOT_READY, …
 */
export async function watchCluster(options: WatchOptions): Promise<WatchSummary> {
  const { folder, out, everyMs, signal } = options;
  const paths = clusterFolder(folder);
  const { text: genesis } = readClusterFolder(paths);
  mkdirSync(out, { recursive: true });
  const client = await connect({ genesis, signer: readKeyFile(paths.writerKey) });
  const written = new Map<string, Uint8Array>();
  const recoveries: number[] = [];
  let summary: WatchSummary = { rounds: 0, survived: 0, recoveryP50Ms: 0, recoveryMaxMs: 0 };
  try {
    while (!signal.aborted) {
      const victim = drawReplica(options);
      const isKill = options.prng.chance(0.5);
      const resume = isKill ? kill(victim) : pause(victim);
      let recoveryMs = -1;
      let wrong: readonly string[] = [];
      try {
        recoveryMs = await writeOne(client, written);
      } finally {
        await resume();
      }
      wrong = await wrongOf(client, written);
      recoveries.push(recoveryMs);
      summary = {
        rounds: summary.rounds + 1,
        survived: summary.survived + (wrong.length === 0 ? 1 : 0),
        recoveryP50Ms: Math.round(quantile(recoveries, 0.5)),
        recoveryMaxMs: Math.round(Math.max(...recoveries)),
      };
      const round = {
        at: new Date().toISOString(),
        victim: victim.name,
        isKill,
        recoveryMs,
        wrong,
      };
      appendFileSync(join(out, "watch.jsonl"), `${JSON.stringify(round)}\n`);
      writeFileSync(join(out, "watch.json"), `${JSON.stringify(summary)}\n`);
      options.onRound(summary);
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
    return summary;
  } finally {
    await client.close();
  }
}

function drawReplica({ folder, prng }: WatchOptions): ChildState {
  const children = readLauncherState(folder)?.children ?? [];
  const replicas = children.filter(({ name }) => name.startsWith("node-"));
  const drawn = replicas[prng.below(Math.max(1, replicas.length))];
  if (drawn !== undefined) return drawn;
  throw new QuorateError(
    "CLUSTER_NOT_READY",
    `no replica of ${folder} is run by a launcher on this machine`,
    "start it with quorate up --dir",
  );
}

/** The launcher starts it again. */
function kill(victim: ChildState): () => Promise<void> {
  signalProcess(victim, "SIGKILL");
  return () => Promise.resolve();
}

function pause(victim: ChildState): () => Promise<void> {
  signalProcess(victim, "SIGSTOP");
  const over = sleep(PAUSE_MS);
  return async () => {
    await over;
    signalProcess(victim, "SIGCONT");
  };
}

/** How long the first write after the fault took. */
async function writeOne(
  client: Awaited<ReturnType<typeof connect>>,
  written: Map<string, Uint8Array>,
): Promise<number> {
  const key = `watch-${randomBytes(8).toString("hex")}`;
  const value = new Uint8Array(randomBytes(1_000));
  const beganMs = performance.now();
  await client.put(NAMESPACE, key, value, { deadlineMs: CALL_MS_MAX });
  written.set(key, value);
  if (written.size > KEPT_COUNT) written.delete(written.keys().next().value!);
  return Math.round(performance.now() - beganMs);
}

async function wrongOf(
  client: Awaited<ReturnType<typeof connect>>,
  written: ReadonlyMap<string, Uint8Array>,
): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const [key, value] of written) {
    const found = await client.get(NAMESPACE, key, { deadlineMs: CALL_MS_MAX });
    if (found.status !== "hit") wrong.push(`${key} is not there`);
    else if (Buffer.compare(await found.value.read(), value) !== 0) wrong.push(`${key} differs`);
  }
  return wrong;
}
