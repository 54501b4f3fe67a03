import { createHash } from "node:crypto";
import type { Hash } from "../../base/types.ts";
import type { IncrementalHash } from "../../proof/digest/artifact-kind.ts";

/** SHA-256 in pieces, for the semantic digests. */
export function startHash(): IncrementalHash {
  const hash = createHash("sha256");
  return {
    update: (chunk) => void hash.update(chunk),
    finish: () => new Uint8Array(hash.digest()) as Hash,
  };
}
