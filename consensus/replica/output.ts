import type { Epoch, Hash, Hlc, ReplicaIndex, Sequence, View } from "../../base/types.ts";
import type {
  Certificate,
  SignedType,
  StatementCertificate,
  SignedHeartbeat,
  Vote,
} from "../wire/certificate.ts";
import type { EvidenceKind } from "../wire/evidence.ts";
import type { FrameKind } from "../wire/frame.ts";
import type { ExecutedWriteSet } from "../application.ts";

/**
 * Why a write set is not taken in. "executed": it was, and its session row says how; "closed":
 * below its session's window or past its end; "not-after": its end lies too far ahead;
 * "overloaded": its writer has too much waiting here, so try again later.
 */
export type RefusalReason = "unenrolled" | "executed" | "closed" | "not-after" | "overloaded";

/**
 * Everything that a replica can ask of its host. The host carries outputs out in order, and
 *
 * 1. everything asked to `persist` in a turn is durable (one fdatasync) before any `vote`, `sign`
 *    or `send` of the same turn leaves the process;
 * 2. all `vote`s of a turn go into one pack under one signature, to all peers, and come back to
 *    this replica as inputs after that, like anybody else's; so do `sign`s;
 * 3. `executed` is handed to clients only when the sequence is certified.
 */
export type Output =
  | { readonly type: "persist"; readonly record: PromiseRecord }
  | { readonly type: "vote"; readonly vote: Vote }
  | { readonly type: "sign"; readonly signedType: SignedType; readonly body: Uint8Array }
  | {
      readonly type: "send";
      readonly to: ReplicaIndex | "all";
      readonly kind: FrameKind;
      readonly body: Uint8Array;
    }
  /** The application's state moved; nothing of it may be shown before it is certified. */
  | {
      readonly type: "executed";
      readonly sequence: Sequence;
      readonly stateRoot: Hash;
      readonly agreedTime: Hlc;
      readonly writeSets: readonly ExecutedWriteSet[];
    }
  /** Q statements for this sequence: its root may be shown. */
  | {
      readonly type: "certified";
      readonly sequence: Sequence;
      readonly certificate: StatementCertificate;
    }
  /** Q equal heartbeats of the newest certified root: the root is fresh. */
  | { readonly type: "fresh"; readonly heartbeats: readonly SignedHeartbeat[] }
  /** A write set that this replica does not wait for (any longer). */
  | { readonly type: "refused"; readonly digest: Hash; readonly reason: RefusalReason }
  /**
   * Bring the application to this certificate's root by comparing subtrees, then answer
   * `transferred`. Until then the replica does not touch the application. A certificate of f+1
   * statements is weak: the root is true, and nobody is shown it before it is certified.
   */
  | { readonly type: "transfer"; readonly certificate: StatementCertificate }
  /**
   * Records at and below this sequence may go from the promise log, once the store is past it.
   * Records without a sequence (view-change, new-view) may go with the file that they lie in: in
   * the same turn, before this, the replica persists again whichever of them still counts.
   */
  | { readonly type: "truncate"; readonly below: Sequence }
  | { readonly type: "view"; readonly view: View; readonly active: boolean }
  /** Two things signed by one author that contradict each other: portable, kept for ever. */
  | {
      readonly type: "evidence";
      readonly author: ReplicaIndex;
      readonly what: string;
      readonly kind: EvidenceKind;
      readonly proofs: readonly [Uint8Array, Uint8Array];
    }
  /** Two valid certificates contradict each other: more than f lie. The host latches. */
  | {
      readonly type: "halt";
      readonly what: string;
      readonly kind: EvidenceKind;
      readonly proofs: readonly [Uint8Array, Uint8Array];
    }
  /** Something was dropped; the name is a metric's label. */
  | { readonly type: "dropped"; readonly why: string };

/**
 * What must survive a crash before the signature that rests on it leaves (R11). Replayed in order
 * when a replica starts.
 */
export type PromiseRecord =
  /** A batch that this replica proposed or is about to prepare: its encoded bytes. */
  | {
      readonly type: "batch";
      readonly sequence: Sequence;
      readonly digest: Hash;
      readonly batch: Uint8Array;
    }
  /** A vote about to be signed. */
  | { readonly type: "vote"; readonly vote: Vote }
  /** Rests a commit vote. */
  | { readonly type: "prepared"; readonly certificate: Certificate }
  /** Rests an executed statement. */
  | { readonly type: "committed"; readonly certificate: Certificate }
  /** Rests truncation. */
  | { readonly type: "stable"; readonly certificate: StatementCertificate }
  /** Rests a statement at a root that came by a transfer: f+1 equal statements. */
  | { readonly type: "weak-root"; readonly certificate: StatementCertificate }
  /** The promise log's own: of sequences at and below this one records may be gone. */
  | { readonly type: "floor"; readonly below: Sequence }
  /** A statement about to be signed. */
  | { readonly type: "statement"; readonly sequence: Sequence; readonly statement: Uint8Array }
  /** A view-change about to be signed: nothing of a lower view is voted for any more. */
  | {
      readonly type: "view-change";
      readonly epoch: Epoch;
      readonly view: View;
      readonly body: Uint8Array;
    }
  /** A new-view that the primary is about to sign, or that a backup entered: the view it is in. */
  | {
      readonly type: "new-view";
      readonly epoch: Epoch;
      readonly view: View;
      readonly body: Uint8Array;
    };
