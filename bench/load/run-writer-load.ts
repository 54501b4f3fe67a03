import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalCluster } from "../harness/local-cluster.ts";
import { processSeconds } from "../harness/machine-load.ts";
import type { EtcdLoad } from "../peers/etcd-cluster.ts";

export interface LoadRun {
  /** In the shape of the peer's. */
  readonly result: EtcdLoad;
  /** Processor used by the load program. */
  readonly cpuSeconds: number;
}

/** Runs `writer-load` against this cluster to its end. */
export function runWriterLoad(cluster: LocalCluster, args: readonly string[]): Promise<LoadRun> {
  const program = join(dirname(fileURLToPath(import.meta.url)), "writer-load.js");
  const child = spawn(process.execPath, [program, "--cluster", cluster.clusterFile, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  let cpuSeconds = 0;
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    // The result is its last word: what it used is read while it still exists.
    if (text.endsWith("\n")) cpuSeconds = processSeconds([child.pid as number]);
  });
  return new Promise((resolve, reject) => {
    child.once("close", (code) =>
      code === 0
        ? resolve({ result: JSON.parse(text) as EtcdLoad, cpuSeconds })
        : reject(new Error(`the load program ended with ${code}`)),
    );
  });
}
