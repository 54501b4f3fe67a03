import { toHex } from "../../../base/bytes.ts";
import type { Committee } from "../../../consensus/committee.ts";
import type { Crypto } from "../../../consensus/crypto.ts";
import type { Genesis } from "../../../consensus/genesis.ts";
import type { ClientWatcher } from "../clients/simulated-client.ts";
import type { Plan } from "../faults/plan.ts";
import type { SimulatedCluster } from "../simulated-cluster.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import { Violation } from "../world/witness.ts";
import type { Witness } from "../world/witness.ts";
import type { World } from "../world/world.ts";
import type { TrueEpochs } from "./true-epochs.ts";

/** What a checker may know: the genesis, the true time, who lies. Nothing of a replica is believed. */
export interface CheckerFrame {
  readonly world: World;
  readonly plan: Plan;
  readonly genesis: Genesis;
  /** Of the genesis. */
  readonly committee: Committee;
  readonly epochs: TrueEpochs;
  readonly crypto: Crypto;
}

/**
 * One invariant, judged from outside. It throws a {@link Violation} where it does not hold; what it
 * does not look at it leaves out.
 */
export interface Checker extends Witness, Partial<ClientWatcher> {
  readonly name: string;
  /** When the run has ended, healed and at rest. */
  end?(cluster: SimulatedCluster): void;
}

export function demand(condition: boolean, checker: string, what: () => string): void {
  if (!condition) throw new Violation(checker, what());
}

/** The same through all epochs: a machine's key. */
export function nameOf({ signer }: SimulatedReplica): string {
  return toHex(signer.publicKey);
}

/** Members that mean what they say and have not been damaged: whom invariants bind. */
export function isBound(replica: SimulatedReplica): boolean {
  return replica.isCorrect;
}
