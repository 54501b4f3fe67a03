import type { ArtifactKind, DigestResult, Mutability, StartHash } from "./artifact-kind.ts";
import { CNF_1_ID } from "../cnf/cnf-1.ts";
import { METAMATH_1 } from "../metamath/database.ts";
import { proofSetKind } from "../admission/proof-set-digester.ts";
import { gradleArtifact1, nxArtifact1 } from "./archive/archive-kinds.ts";
import { TYPE_RESULT, ccacheType } from "./ccache/ccache-body.ts";
import { ccacheManifest1, ccacheResult1 } from "./ccache/ccache-kinds.ts";
import { lease1 } from "./lease/lease-1.ts";
import { nixNarinfo1 } from "./nix/narinfo-kind.ts";
import { raw1 } from "./raw/raw-1.ts";
import { actionResult1 } from "./remote-execution/action-result-kind.ts";
import { turboArtifact1 } from "./turbo/turbo-artifact.ts";

/** Every class of artifact that replicas and clients of this version can digest. */
const KINDS: ReadonlyMap<string, ArtifactKind> = new Map(
  [
    raw1,
    ccacheResult1,
    ccacheManifest1,
    turboArtifact1,
    nxArtifact1,
    gradleArtifact1,
    actionResult1,
    nixNarinfo1,
    lease1,
    proofSetKind(METAMATH_1),
    proofSetKind(CNF_1_ID),
  ].map((kind) => [kind.id, kind]),
);

export function kindOf(id: string): ArtifactKind | undefined {
  return KINDS.get(id);
}

/** The table that execution is given: undefined for a kind that this version does not know. */
export function mutabilityOf(id: string): Mutability | undefined {
  return KINDS.get(id)?.mutability;
}

/** Whether its values are proofs, which replicas check before they acknowledge them. */
export function isProofKind(id: string): boolean {
  return mutabilityOf(id) === "proved";
}

export function kindIds(): readonly string[] {
  return [...KINDS.keys()];
}

/** The class that a body with these first bytes (four suffice) can belong to. */
export function kindOfBody(head: Uint8Array): ArtifactKind {
  const type = ccacheType(head);
  if (type === undefined) return raw1;
  return type === TYPE_RESULT ? ccacheResult1 : ccacheManifest1;
}

/** Of a body at hand in memory. For a stream, feed {@link ArtifactKind.startDigest}. */
export function semanticDigest(
  startHash: StartHash,
  kind: ArtifactKind,
  body: Uint8Array,
): DigestResult {
  const digester = kind.startDigest(startHash);
  digester.update(body);
  return digester.finish();
}
