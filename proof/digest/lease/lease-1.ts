import type { ArtifactKind } from "../artifact-kind.ts";
import { raw1 } from "../raw/raw-1.ts";

/**
 * Who may work on something for now. It has versions, so that of two who claim it at one time only
 * the first in the order of consensus has it: the other named a version that no longer stands.
 */
export const lease1: ArtifactKind = { ...raw1, id: "lease/1", mutability: "versioned" };
