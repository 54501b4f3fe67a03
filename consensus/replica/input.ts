import type { Hash, Hlc, ReplicaIndex, Sequence } from "../../base/types.ts";
import type {
  FetchBatch,
  FetchCommitted,
  FetchStable,
  NewView,
  ViewChange,
} from "../wire/agreement.ts";
import type {
  Certificate,
  Heartbeat,
  PackedVote,
  Signed,
  Statement,
  StatementCertificate,
  Vote,
} from "../wire/certificate.ts";
import type { Suspicion } from "../wire/removal.ts";
import type { Verified } from "../verified.ts";
import type { CheckedBatch, CheckedWriteSet } from "../checked.ts";

/** The clocks of the host at the moment of an input; the state machine reads no other. */
export interface Now {
  /** Monotonic milliseconds, for timers only. */
  readonly monotonicMs: number;
  /**
   * The time of day by the disciplined clock, for proposing, judging a first proposal and for
   * heartbeats. It may go back, and that hurts nothing: agreed time is made monotone by execution.
   * It is not the hybrid clock, which a restart carries seconds ahead: a primary that told its time
   * by that would be refused by everybody, and a heartbeat would promise more than it knows.
   */
  readonly reading: Hlc;
  /** False: the replica is unsure of its clock and abstains from judging time. */
  readonly clockCertain: boolean;
}

/** A vote as it came: content, and the packing that makes it portable inside a certificate. */
export interface ReceivedVote {
  readonly vote: Vote;
  readonly packed: PackedVote;
}

export interface ReceivedSigned<T> {
  readonly author: ReplicaIndex;
  readonly message: T;
  /** As received, to be carried inside a new-view or a certificate. */
  readonly signed: Signed;
}

/** A new-view, and the Q view-changes inside it taken apart, in their order. */
export interface ReceivedNewView extends ReceivedSigned<NewView> {
  readonly viewChanges: readonly ReceivedSigned<ViewChange>[];
}

/** Everything that a replica can be told. A timer tick is just another input. */
export type Input =
  /** Once, before any other: what was promised before a restart is executed, signed and sent again. */
  | { readonly type: "start" }
  /** About every 10 ms. All deadlines are judged here and nowhere else. */
  | { readonly type: "tick" }
  /** From a client's connection, or forwarded by a replica. Values inside when inline. */
  | {
      readonly type: "write-set";
      readonly writeSet: Verified<CheckedWriteSet>;
      readonly origin: "client" | "replica";
    }
  /** The values of this write set are on our disk and their digests are right. */
  | { readonly type: "available"; readonly digest: Hash }
  /** Somebody assembled Q acknowledgements of a write set. */
  | { readonly type: "availability"; readonly certificate: Verified<Certificate> }
  /** A pre-prepare, prepare, commit or acknowledgement; our own come back this way once durable. */
  | { readonly type: "vote"; readonly vote: Verified<ReceivedVote> }
  /** The body of a proposal, pushed by the primary or fetched. */
  | {
      readonly type: "batch";
      readonly from: ReplicaIndex;
      readonly batch: Verified<CheckedBatch>;
    }
  /** A primary's signed pre-prepare as a peer shows it: it votes for nothing. */
  | {
      readonly type: "proposal";
      readonly from: ReplicaIndex;
      readonly proposal: Verified<ReceivedVote>;
    }
  | { readonly type: "statement"; readonly statement: Verified<ReceivedSigned<Statement>> }
  | { readonly type: "heartbeat"; readonly heartbeat: Verified<ReceivedSigned<Heartbeat>> }
  | { readonly type: "view-change"; readonly viewChange: Verified<ReceivedSigned<ViewChange>> }
  | { readonly type: "new-view"; readonly newView: Verified<ReceivedNewView> }
  | { readonly type: "suspicion"; readonly suspicion: Verified<ReceivedSigned<Suspicion>> }
  /** A committed batch with its certificate, answered to a fetch. */
  | {
      readonly type: "committed";
      readonly commit: Verified<Certificate>;
      readonly batch: Verified<CheckedBatch>;
    }
  | { readonly type: "fetch-batch"; readonly from: ReplicaIndex; readonly fetch: FetchBatch }
  | {
      readonly type: "fetch-committed";
      readonly from: ReplicaIndex;
      readonly fetch: FetchCommitted;
    }
  | { readonly type: "fetch-stable"; readonly from: ReplicaIndex; readonly fetch: FetchStable }
  /** A certificate of an executed sequence: the `stable` frame with which a peer answers. */
  | { readonly type: "certificate"; readonly certificate: Verified<StatementCertificate> }
  /** The host finished the state transfer that we asked for: the application stands at its root. */
  | { readonly type: "transferred"; readonly certificate: StatementCertificate }
  /** The host could not finish it (every source gone): ask again with a newer target. */
  | { readonly type: "transfer-failed"; readonly sequence: Sequence }
  /** There is a link to a peer, on which it answers. */
  | { readonly type: "peer-up"; readonly index: ReplicaIndex }
  /** The link to a peer broke: a lost primary may be suspected early. */
  | { readonly type: "peer-lost"; readonly index: ReplicaIndex };
