import type { Hash, Sequence } from "../../base/types.ts";
import type { State } from "../../consensus/execution/state.ts";
import type { SignedHeartbeat } from "../../consensus/wire/certificate.ts";
import type { CertifiedRoots } from "../host/certified-roots.ts";
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
  /** The bytes of a small value, or undefined when they are not here (yet). */
  readonly smallValue: (digest: Hash) => Uint8Array | undefined;
  /** Undefined: this replica signs nothing now. */
  readonly signHeartbeat: (nonce: Uint8Array) => SignedHeartbeat | undefined;
  readonly status: () => ReplicaStatus;
  /** A row of the state did not match its hash: repair it, and answer nothing from it. */
  readonly onDamagedRow: (sequence: Sequence, key: Uint8Array) => void;
}
