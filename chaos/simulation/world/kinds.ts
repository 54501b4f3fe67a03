import type { Hash } from "../../../base/types.ts";
import type { StateRules } from "../../../consensus/execution/state.ts";

/** The two classes of artifact of a simulated cluster; both are digested by their bytes. */
export const KIND_IMMUTABLE = "raw/1";
export const KIND_VERSIONED = "counter/1";

export function semanticDigestOf(
  kind: string,
  _bytes: Uint8Array,
  valueDigest: Hash,
): Hash | undefined {
  return kind === KIND_IMMUTABLE || kind === KIND_VERSIONED ? valueDigest : undefined;
}

export function stateRulesOf(hash: (bytes: Uint8Array) => Hash): StateRules {
  return {
    hash,
    kinds: (kind) => {
      if (kind === KIND_IMMUTABLE) return "immutable";
      return kind === KIND_VERSIONED ? "versioned" : undefined;
    },
    admitsKey: () => true,
  };
}
