import { compareBytes, concatBytes, uint32Bytes, utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { certificateCodec, statementCertificateCodec } from "../wire/certificate.ts";
import { EVIDENCE_CERTIFIED } from "../wire/evidence.ts";
import type { EvidenceKind } from "../wire/evidence.ts";

const TAG = utf8("quorate/contradiction\0");

/**
 * The name of what two certificates say against each other, whoever made and signed them: a signer
 * can make two valid signatures of one message, and Q others could have signed it. Undefined: they
 * cannot be read.
 */
export function contradictionId(
  hash: (bytes: Uint8Array) => Hash,
  kind: EvidenceKind,
  proofs: readonly Uint8Array[],
): Hash | undefined {
  const contents: Uint8Array[] = [];
  for (const proof of proofs) {
    const content = contentOf(kind, proof);
    if (content === undefined) return undefined;
    contents.push(content);
  }
  contents.sort(compareBytes);
  const parts = contents.flatMap((content) => [uint32Bytes(content.length), content]);
  return hash(concatBytes(TAG, uint32Bytes(kind), ...parts));
}

function contentOf(kind: EvidenceKind, proof: Uint8Array): Uint8Array | undefined {
  if (kind === EVIDENCE_CERTIFIED) return statementCertificateCodec.tryDecode(proof)?.statement;
  const certificate = certificateCodec.tryDecode(proof);
  return certificate && certificateCodec.encode({ ...certificate, votes: [] });
}
