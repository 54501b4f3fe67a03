import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { QUORATE } from "../../bench/harness/local-cluster.ts";
import type { LocalCluster } from "../../bench/harness/local-cluster.ts";

/** `quorate evidence verify`, likewise. */
export function verifyEvidenceFile(
  cluster: LocalCluster,
  evidence: Uint8Array,
): { readonly exitCode: number | null; readonly output: string } {
  const file = join(cluster.folder, "piece.evidence");
  writeFileSync(file, evidence);
  const result = spawnSync(
    process.execPath,
    [QUORATE, "evidence", "verify", "--cluster", cluster.clusterFile, file, "--json"],
    { encoding: "utf8" },
  );
  return { exitCode: result.status, output: result.stdout + result.stderr };
}

/** `quorate receipt verify`, as a stranger with cluster.json and no network would run it. */
export function verifyReceiptFile(
  cluster: LocalCluster,
  receipt: Uint8Array,
): { readonly exitCode: number | null; readonly output: string } {
  const file = join(cluster.folder, "receipt.bin");
  writeFileSync(file, receipt);
  const result = spawnSync(
    process.execPath,
    [QUORATE, "receipt", "verify", "--cluster", cluster.clusterFile, "--receipt", file],
    { encoding: "utf8" },
  );
  return { exitCode: result.status, output: result.stdout + result.stderr };
}
