import type { Epoch, ReplicaIndex } from "../../../base/types.ts";
import type { FrameKind } from "../../../consensus/wire/frame.ts";
import type { Transport } from "../../../node/transport/transport.ts";
import type { Machine } from "../../../node/host/machine.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";

/** What makes a liar of a real replica: it has the key, so what it signs is signed. */
export interface Disguise {
  /** In words, for reports. */
  readonly name: string;
  /** Between the process and what leaves it. */
  transport?(transport: Transport, self: SimulatedReplica): Transport;
  machine?(machine: Machine, self: SimulatedReplica): Machine;
  /** What a client gets instead; undefined: nothing. */
  answer?(kind: FrameKind, body: Uint8Array, self: SimulatedReplica): Uint8Array | undefined;
  /** It stays in its epoch when the others have gone on. */
  readonly lingers?: boolean;
  /** The chain that it tells who asks from an epoch on. */
  chain?(links: readonly Uint8Array[], from: Epoch): readonly Uint8Array[];
  /** What it hears of its peers; false: it turns a deaf ear. */
  hears?(from: ReplicaIndex, kind: FrameKind, body: Uint8Array): boolean;
}
