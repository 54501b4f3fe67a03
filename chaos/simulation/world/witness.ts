import type { Committee } from "../../../consensus/committee.ts";
import type { EpochEntry } from "../../../consensus/replica/context.ts";
import type { Input, Now } from "../../../consensus/replica/input.ts";
import type { Output, PromiseRecord } from "../../../consensus/replica/output.ts";
import type { Epoch, ReplicaIndex } from "../../../base/types.ts";
import type { FrameKind } from "../../../consensus/wire/frame.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";

/**
 * Somebody outside the replicas who sees everything and decides nothing: the checkers. Whatever is
 * left out is not looked at.
 */
export interface Witness {
  /** After a step, before anything that it asked for is done. */
  step?(replica: SimulatedReplica, input: Input, outputs: readonly Output[], now: Now): void;
  /** These records are on its disk. */
  durable?(replica: SimulatedReplica, records: readonly PromiseRecord[]): void;
  /** A frame leaves a process towards a peer. */
  send?(
    replica: SimulatedReplica,
    to: ReplicaIndex | "all",
    kind: FrameKind,
    body: Uint8Array,
  ): void;
  /** A process starts from what its disk holds; a string: why it is amnesiac. */
  boot?(replica: SimulatedReplica, found: readonly PromiseRecord[] | string): void;
  /** Its epoch has ended, and `next` goes on, with it or without. */
  ended?(replica: SimulatedReplica, epoch: Epoch, next: Committee): void;
  /** It begins an epoch that this led into; at a restart again. */
  began?(replica: SimulatedReplica, committee: Committee, entry: EpochEntry): void;
  /** It signed a heartbeat over a reader's nonce. */
  probed?(replica: SimulatedReplica, heartbeat: Uint8Array): void;
  /** Now and then, and at the end. */
  look?(replicas: readonly SimulatedReplica[]): void;
}

/** A checker's verdict: the run ends with it. */
export class Violation extends Error {
  readonly checker: string;

  constructor(checker: string, what: string) {
    super(what);
    this.name = "Violation";
    this.checker = checker;
  }
}
