import type { Hash, Hlc, Sequence } from "../../base/types.ts";

/** One entry that is no longer to be served. */
export interface Revoked {
  /** Position in the log, from 0. */
  readonly index: number;
  /** REVOKED_* of consensus/wire/rows.ts. */
  readonly reason: number;
  readonly namespace: string;
  readonly key: Hash;
  /** Of what was served until then; undefined: whatever is held under the key. */
  readonly valueDigest: Hash | undefined;
}

/** Up to where the log is known: nothing revoked before `time` is unknown to this follower. */
export interface FollowedTo {
  /** Records applied. */
  readonly count: number;
  readonly sequence: Sequence;
  readonly time: Hlc;
}

/**
 * Follows the hash-chained revocation log: one proven head for each newest root, then its tail.
 * Each listener sees every record once and in order, before `followedTo` covers it; a cache drops
 * what they name and may call a hit certified only while `ageMs` is within its bound.
 */
export interface RevocationFollower {
  /** Records applied before this call are not repeated. Returns how to stop. */
  onRevoked(listener: (revoked: readonly Revoked[]) => void): () => void;
  readonly followedTo: FollowedTo | undefined;
  /** How old `followedTo` is by the reader's now; Infinity before the first. */
  ageMs(): number;
}
