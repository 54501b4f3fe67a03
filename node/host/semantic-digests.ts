import { createHash } from "node:crypto";
import type { Hash } from "../../base/types.ts";
import type { Digester, IncrementalHash } from "../../proof/digest/artifact-kind.ts";
import { kindOf, semanticDigest } from "../../proof/digest/registry.ts";

const RAW = "raw/1";

export function startSha256(): IncrementalHash {
  const hash = createHash("sha256");
  return {
    update: (chunk) => void hash.update(chunk),
    finish: () => new Uint8Array(hash.digest()) as Hash,
  };
}

/** Of a value in memory and its SHA-256; undefined: the kind is unknown or refuses the bytes. */
export function semanticDigestOf(
  kind: string,
  bytes: Uint8Array,
  valueDigest: Hash,
): Hash | undefined {
  // By far the most frequent kind: its semantic digest is that of the bytes.
  if (kind === RAW) return valueDigest;
  const known = kindOf(kind);
  // A proof never rides inside: it is voted for only once Q replicas have checked it.
  if (known === undefined || known.mutability === "proved") return undefined;
  const result = semanticDigest(startSha256, known, bytes);
  return result.status === "digest" ? result.digest : undefined;
}

/** For a value that comes in pieces; undefined: the kind is unknown. */
export function startSemanticDigest(kind: string): Digester | undefined {
  return kindOf(kind)?.startDigest(startSha256);
}
