import { concatBytes } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import type { Crypto } from "../../../consensus/crypto.ts";
import { quarantineRulesOf } from "../../../consensus/evidence/quarantine-rules.ts";
import type { StateRules } from "../../../consensus/execution/state.ts";
import { genesisCommittee } from "../../../consensus/genesis.ts";
import type { Genesis } from "../../../consensus/genesis.ts";
import { CHECKPOINT_INTERVAL } from "../../../consensus/limits.ts";
import type { Digester } from "../../../proof/digest/artifact-kind.ts";

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

/** The same for a value that comes in pieces. */
export function startDigestOf(
  hash: (bytes: Uint8Array) => Hash,
): (kind: string) => Digester | undefined {
  return (kind) => {
    if (kind !== KIND_IMMUTABLE && kind !== KIND_VERSIONED) return undefined;
    const pieces: Uint8Array[] = [];
    return {
      update: (piece) => void pieces.push(piece.slice()),
      finish: () => ({ status: "digest", digest: hash(concatBytes(...pieces)) }),
    };
  };
}

export function stateRulesOf(
  crypto: Crypto,
  genesis: Genesis,
  checkpointInterval: number = CHECKPOINT_INTERVAL,
): StateRules {
  return {
    hash: crypto.hash,
    quarantine: quarantineRulesOf(crypto),
    membership: {
      genesis: genesisCommittee(genesis),
      verify: crypto.verify,
      checkpointInterval,
    },
    kinds: (kind) => {
      if (kind === KIND_IMMUTABLE) return "immutable";
      return kind === KIND_VERSIONED ? "versioned" : undefined;
    },
    admitsKey: () => true,
  };
}
