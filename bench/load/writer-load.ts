import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readKeyFile } from "../../base/host/key-file.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/types.ts";
import { quantile } from "../harness/machine-load.ts";

/**
 * The load program, a process of its own like the peer's. Closed loop: each of `connections`
 * clients keeps `outstanding` puts of `size` random bytes under way, under its own writer key.
 * Prints one JSON object in the shape of the etcd program's.
 */
const { values } = parseArgs({
  options: {
    cluster: { type: "string" },
    keys: { type: "string" },
    connections: { type: "string", default: "8" },
    outstanding: { type: "string", default: "64" },
    size: { type: "string", default: "1024" },
    warmupMs: { type: "string", default: "2000" },
    durationMs: { type: "string", default: "8000" },
    deadlineMs: { type: "string", default: "10000" },
    retry: { type: "boolean", default: false },
    acknowledged: { type: "boolean", default: false },
  },
});

const size = Number(values.size);
const measureFrom = performance.now() + Number(values.warmupMs);
const stopAt = measureFrom + Number(values.durationMs);
const latencies: number[] = [];
const ends: number[] = [];
let errors = 0;

async function worker(client: Client, prefix: string): Promise<void> {
  for (let count = 0; performance.now() < stopAt; count++) {
    const name = `${prefix}-${count}`;
    const begin = performance.now();
    try {
      await client.put("bench", name, randomBytes(size), { deadlineMs: Number(values.deadlineMs) });
    } catch (error) {
      errors++;
      if (!values.retry) throw error;
      continue;
    }
    const end = performance.now();
    if (values.acknowledged) process.stdout.write(`${name}\n`);
    if (begin >= measureFrom && end <= stopAt) {
      latencies.push(end - begin);
      ends.push(end);
    }
  }
}

function longestGapMs(): number {
  let gap = 0;
  for (let index = 1; index < ends.length; index++) {
    gap = Math.max(gap, (ends[index] as number) - (ends[index - 1] as number));
  }
  return gap;
}

const genesis = readFileSync(values.cluster as string, "utf8");
const keyFiles = (values.keys as string).split(",");
const clients = await Promise.all(
  Array.from({ length: Number(values.connections) }, (_, index) =>
    connect({ genesis, signer: readKeyFile(keyFiles[index % keyFiles.length] as string) }),
  ),
);
const run = randomBytes(4).toString("hex");
await Promise.all(
  clients.flatMap((client, connection) =>
    Array.from({ length: Number(values.outstanding) }, (_, index) =>
      worker(client, `${run}-${connection}-${index}`),
    ),
  ),
);
ends.sort((left, right) => left - right);
const seconds = Number(values.durationMs) / 1000;
const result = {
  mode: "quorate",
  writes: latencies.length,
  errors,
  seconds,
  writesPerSecond: latencies.length / seconds,
  p50Ms: quantile(latencies, 0.5),
  p99Ms: quantile(latencies, 0.99),
  longestGapMs: longestGapMs(),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
await Promise.all(clients.map((client) => client.close()));
