import type { Hash } from "../../base/types.ts";
import type { State } from "../../consensus/execution/state.ts";
import type { Input } from "../../consensus/replica/input.ts";
import type { Verifier } from "../../consensus/verifier.ts";
import type { SignedHeartbeat } from "../../consensus/wire/certificate.ts";
import type { WriteSetHeader } from "../../consensus/wire/write-set.ts";
import type { CertifiedRoots } from "../host/certified-roots.ts";
import type { ValueDesk } from "../host/value-desk.ts";
import type { Figures } from "../metrics/figures.ts";
import type { ReplicaStatus } from "../status.ts";
import type { RootSubscribers } from "./root-subscribers.ts";
import type { SubmitDesk } from "./submit-desk.ts";

/** What the answers to clients are made of. */
export interface ClientServices {
  readonly hash: (bytes: Uint8Array) => Hash;
  readonly figures: Figures;
  readonly state: State;
  readonly roots: CertifiedRoots;
  readonly submits: SubmitDesk;
  readonly subscribers: RootSubscribers;
  readonly desk: ValueDesk;
  readonly verifier: Verifier;
  readonly isEnrolled: (header: WriteSetHeader) => boolean;
  readonly input: (input: Input) => void;
  /** The bytes of a small value, or undefined when they are not here (yet). */
  readonly smallValue: (digest: Hash) => Uint8Array | undefined;
  /** Undefined: this replica signs nothing now. */
  readonly signHeartbeat: (nonce: Uint8Array) => SignedHeartbeat | undefined;
  readonly status: () => ReplicaStatus;
  readonly monotonicMs: () => number;
}
