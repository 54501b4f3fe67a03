import { compareBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { EVIDENCE_FORMAT, evidenceCodec } from "../wire/evidence.ts";
import type { EvidenceKind } from "../wire/evidence.ts";

/** The file that convicts: the same two parts give the same bytes, in whichever order they came. */
export function buildEvidence(
  clusterId: Hash,
  kind: EvidenceKind,
  parts: readonly [Uint8Array, Uint8Array],
): Uint8Array {
  const [first, second] = [...parts].sort(compareBytes) as [Uint8Array, Uint8Array];
  return evidenceCodec.encode({ format: EVIDENCE_FORMAT, clusterId, kind, first, second });
}
