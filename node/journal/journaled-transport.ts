import type { EventScribe } from "../../base/journal/event-scribe.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import type { Tally } from "../metrics/tally.ts";
import type { PeerState, Transport, TransportHandler } from "../transport/transport.ts";
import { TRACED_BODY_BYTES_MAX } from "./limits.ts";
import { memberName } from "./member-numbers.ts";
import { decodeTraced, encodeTraced } from "./traced-frame.ts";

/**
 * A transport whose frames name the sender's newest event, once for each event and peer, and which
 * tells the scribe of the events that others' frames name. A replica without a journal unwraps
 * such frames as well: it hears nothing and names nothing.
 */
export class JournaledTransport implements Transport {
  readonly #transport: Transport;
  readonly #scribe: EventScribe | undefined;
  readonly #drops: Tally;
  readonly #numbers: readonly number[] | undefined;
  /** The newest event that everybody was told of, and that each peer was. */
  #toldAll = 0;
  readonly #told = new Map<ReplicaIndex, number>();

  /** `numbers` of the members, in their order; absent: of the first configuration. */
  constructor(
    transport: Transport,
    scribe: EventScribe | undefined,
    drops: Tally,
    numbers?: readonly number[],
  ) {
    this.#transport = transport;
    this.#scribe = scribe;
    this.#drops = drops;
    this.#numbers = numbers;
  }

  get index(): ReplicaIndex {
    return this.#transport.index;
  }

  open(handler: TransportHandler): void {
    this.#transport.open({
      onFrame: (from, kind, body) => {
        if (kind === FRAME.traced) this.#unwrap(handler, from, body);
        else handler.onFrame(from, kind, body);
      },
      onPeerUp: (index) => {
        // What it was told before may have been lost with the connection.
        this.#told.delete(index);
        this.#toldAll = 0;
        handler.onPeerUp(index);
      },
      onPeerLost: (index) => handler.onPeerLost(index),
    });
  }

  send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
    const sequence = this.#scribe?.sequence ?? 0;
    const told = to === "all" ? this.#toldAll : Math.max(this.#toldAll, this.#told.get(to) ?? 0);
    const hint =
      sequence > told && body.length <= TRACED_BODY_BYTES_MAX ? this.#scribe?.hint : undefined;
    if (hint === undefined) {
      this.#transport.send(to, kind, body);
      return;
    }
    if (to === "all") this.#toldAll = sequence;
    else this.#told.set(to, sequence);
    this.#transport.send(to, FRAME.traced, encodeTraced(kind, body, hint));
  }

  peers(): readonly PeerState[] {
    return this.#transport.peers();
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #unwrap(handler: TransportHandler, from: ReplicaIndex, body: Uint8Array): void {
    const traced = decodeTraced(body);
    if (traced === undefined) {
      this.#drops.add("traced-frame-malformed");
      return;
    }
    if (traced.hint !== undefined) {
      this.#scribe?.heard(memberName(this.#numbers?.[from] ?? from), traced.hint);
    }
    handler.onFrame(from, traced.frame.kind, traced.frame.body);
  }
}
