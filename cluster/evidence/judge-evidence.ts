import { closeSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import { verifyEvidence } from "../../consensus/evidence/verify-evidence.ts";
import type { EvidenceVerdict } from "../../consensus/evidence/verify-evidence.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import { EVIDENCE_BYTES_MAX } from "../../consensus/wire/evidence.ts";
import { clusterFolder } from "../cluster-folder.ts";
import { knownEpochs } from "../membership/known-epochs.ts";
import { readGenesisFile } from "../read-genesis.ts";

/**
 * Judges a piece of evidence by nothing but the public file, and for one of a later epoch by the
 * chain from there, which its folder has or some replica tells.
 * @throws QuorateError FILE_UNREADABLE, CLUSTER_FILE_UNREADABLE, GENESIS_INVALID
 */
export async function judgeEvidence(
  clusterFile: string,
  evidenceFile: string,
): Promise<EvidenceVerdict> {
  const { genesis } = readGenesisFile(clusterFile);
  const evidence = readEvidence(evidenceFile);
  const verdict = verifyEvidence(nodeCrypto, genesisCommittee(genesis), evidence);
  if (verdict.valid || verdict.code !== "EVIDENCE_EPOCH_UNKNOWN") return verdict;
  const epochs = await knownEpochs(clusterFolder(dirname(clusterFile)), genesis);
  for (let { epoch } = epochs.newest; epoch > 0; epoch--) {
    const committee = epochs.committeeOf(epoch);
    const later = committee && verifyEvidence(nodeCrypto, committee, evidence);
    if (later !== undefined && (later.valid || later.code !== verdict.code)) return later;
  }
  return verdict;
}

/**
 * One byte more than there can be: whatever is longer is refused as malformed.
 * @throws QuorateError FILE_UNREADABLE
 */
export function readEvidence(file: string): Uint8Array {
  try {
    const handle = openSync(file, "r");
    try {
      const bytes = new Uint8Array(EVIDENCE_BYTES_MAX + 1);
      return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(handle);
    }
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const hint = "check the name and your right to read it";
    throw new QuorateError("FILE_UNREADABLE", `${file} could not be read (${why})`, hint, {
      cause,
    });
  }
}
