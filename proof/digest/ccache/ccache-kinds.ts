import type { ArtifactKind, Mutability } from "../artifact-kind.ts";
import { TYPE_MANIFEST, TYPE_RESULT } from "./ccache-body.ts";
import { CcacheDigester } from "./ccache-digester.ts";
import { CcacheRewriter } from "./ccache-rewriter.ts";

/** What a compilation produced. The same key always means the same result. */
export const ccacheResult1: ArtifactKind = ccacheKind("ccache-result/1", "immutable", TYPE_RESULT);

/** Which results a source file leads to. ccache adds sets of included files as it meets them. */
export const ccacheManifest1: ArtifactKind = ccacheKind(
  "ccache-manifest/1",
  "versioned",
  TYPE_MANIFEST,
);

function ccacheKind(id: string, mutability: Mutability, type: number): ArtifactKind {
  return {
    id,
    mutability,
    startDigest: (startHash) => new CcacheDigester(type, startHash()),
    startRewrite: () => new CcacheRewriter(),
  };
}
