import type { Sequence, View } from "../../base/types.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import type { Input, Now } from "../../consensus/replica/input.ts";
import type { Output } from "../../consensus/replica/output.ts";
import type { Vote } from "../../consensus/wire/certificate.ts";

/** The state machine, as its host sees it: consensus/replica/replica.ts, or a liar in a test. */
export interface Machine {
  readonly view: View;
  /** False: a view change is under way. */
  readonly active: boolean;
  /** Why it signs nothing; undefined: it remembers what it promised. */
  readonly amnesia: string | undefined;
  /** As far as at least one correct other says that it has executed. */
  readonly heardSequence: Sequence;
  step(input: Input, now: Now): readonly Output[];
  /** False: nobody waits for this vote, so its signature need not be checked. */
  needs(author: ReplicaIndex, vote: Vote): boolean;
  /** The body of a heartbeat over a reader's nonce; undefined: none may be signed now. */
  heartbeatBody(nonce: Uint8Array, now: Now): Uint8Array | undefined;
}
