import type { ArtifactKind } from "../artifact-kind.ts";

/** Bytes that mean exactly themselves. */
export const raw1: ArtifactKind = {
  id: "raw/1",
  mutability: "immutable",
  startDigest(startHash) {
    const hash = startHash();
    return {
      update: (chunk) => hash.update(chunk),
      finish: () => ({ status: "digest", digest: hash.finish() }),
    };
  },
  startRewrite: undefined,
};
