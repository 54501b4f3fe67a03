import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { runQuorate } from "../run-quorate.ts";

interface Verdict {
  readonly exitCode: number | undefined;
  readonly output: string;
}

/** `quorate evidence verify`, likewise. */
export function verifyEvidenceFile(cluster: LocalCluster, evidence: Uint8Array): Promise<Verdict> {
  const file = join(cluster.folder, "piece.evidence");
  writeFileSync(file, evidence);
  return verify(["evidence", "verify", "--cluster", cluster.clusterFile, file, "--json"]);
}

/** `quorate receipt verify`, as a stranger with cluster.json and no network would run it. */
export function verifyReceiptFile(cluster: LocalCluster, receipt: Uint8Array): Promise<Verdict> {
  const file = join(cluster.folder, "receipt.bin");
  writeFileSync(file, receipt);
  return verify(["receipt", "verify", "--cluster", cluster.clusterFile, "--receipt", file]);
}

/** The caller's process goes on meanwhile: a client, or a liar that runs in it, must answer. */
async function verify(args: readonly string[]): Promise<Verdict> {
  const { exitCode, stdout, stderr } = await runQuorate(args);
  return { exitCode, output: stdout + stderr };
}
