import { closeSync, openSync, readSync } from "node:fs";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import { verifyEvidence } from "../../consensus/evidence/verify-evidence.ts";
import type { EvidenceVerdict } from "../../consensus/evidence/verify-evidence.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import { EVIDENCE_BYTES_MAX } from "../../consensus/wire/evidence.ts";
import { readGenesisFile } from "../read-genesis.ts";

/**
 * Judges a piece of evidence by nothing but the public file.
 * @throws QuorateError FILE_UNREADABLE, CLUSTER_FILE_UNREADABLE, GENESIS_INVALID
 */
export function judgeEvidence(clusterFile: string, evidenceFile: string): EvidenceVerdict {
  const { genesis } = readGenesisFile(clusterFile);
  return verifyEvidence(nodeCrypto, genesisCommittee(genesis), readEvidence(evidenceFile));
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
