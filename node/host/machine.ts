import type { ReplicaIndex, View } from "../../base/types.ts";
import type { Input, Now } from "../../consensus/replica/input.ts";
import type { Output } from "../../consensus/replica/output.ts";
import type { Vote } from "../../consensus/wire/certificate.ts";

/** The state machine, as its host sees it: consensus/replica/replica.ts, or a liar in a test. */
export interface Machine {
  readonly view: View;
  readonly isActive: boolean;
  step(input: Input, now: Now): readonly Output[];
  needs(author: ReplicaIndex, vote: Vote): boolean;
}
