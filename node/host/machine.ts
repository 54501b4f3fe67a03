import type { Sequence } from "../../base/types.ts";
import type { Input, Now } from "../../consensus/replica/input.ts";
import type { Output } from "../../consensus/replica/output.ts";
import type { ReplicaStatus as MachineStatus } from "../../consensus/replica/replica.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import type { PeekedVotes } from "../../consensus/take-apart.ts";

/** The state machine, as its host sees it: consensus/replica/replica.ts, or a liar in a test. */
export interface Machine {
  readonly status: MachineStatus;
  step(input: Input, now: Now): readonly Output[];
  /** False: verifying this pack now could change nothing. */
  needs(votes: PeekedVotes): boolean;
  /** The certificate of an executed sequence, while it is kept. */
  certificateAt(sequence: Sequence): StatementCertificate | undefined;
  /** The body of a heartbeat over a reader's nonce; undefined: none may be signed now. */
  probe(nonce: Uint8Array, now: Now): Uint8Array | undefined;
}
