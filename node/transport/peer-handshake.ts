import type { ReplicaIndex } from "../../base/types.ts";
import { ROLE_REPLICA } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import type { FrameSocket } from "./frame-socket.ts";
import { checkProof, encodeHello, encodeProof, readHello } from "./handshake.ts";
import type { Identity } from "./handshake.ts";

/**
 * The mutual challenge of two replicas over one socket:
 *
 *     dialler                              acceptor
 *     Hello{index, nonce}      →
 *                              ←           Hello{index, nonce}, Proof{dialler's hello ‖ own hello}
 *     Proof{acceptor's ‖ own}  →
 *
 * The acceptor signs first; that gives a stranger a signature over its own nonce in a domain used
 * for nothing else.
 */
export class PeerHandshake {
  readonly #identity: Identity;
  readonly #socket: FrameSocket;
  readonly #ours: Uint8Array;
  readonly #onDone: (peer: ReplicaIndex) => void;
  /** Whom we dialled, or undefined when we were. */
  readonly #dialled: ReplicaIndex | undefined;
  #theirs: Uint8Array | undefined;
  #peer: ReplicaIndex | undefined;

  constructor(
    identity: Identity,
    socket: FrameSocket,
    dialled: ReplicaIndex | undefined,
    onDone: (peer: ReplicaIndex) => void,
  ) {
    this.#identity = identity;
    this.#socket = socket;
    this.#dialled = dialled;
    this.#onDone = onDone;
    this.#ours = encodeHello(identity);
    if (dialled !== undefined) socket.send(FRAME.hello, this.#ours);
  }

  onFrame(kind: FrameKind, body: Uint8Array): void {
    if (kind === FRAME.hello && this.#theirs === undefined) this.#onHello(body);
    else if (kind === FRAME.proof && this.#theirs !== undefined) this.#onProof(body);
    else this.#socket.close("handshake-order");
  }

  #onHello(body: Uint8Array): void {
    const hello = readHello(this.#identity, body, ROLE_REPLICA);
    if (typeof hello === "string") {
      this.#socket.close(hello);
      return;
    }
    const index = hello.index as ReplicaIndex;
    // One connection for each pair: the lower index dials.
    const expected = this.#dialled ?? (index < this.#identity.index ? index : undefined);
    if (index !== expected) {
      this.#socket.close("hello-index");
      return;
    }
    this.#theirs = body.slice();
    this.#peer = index;
    if (this.#dialled !== undefined) return;
    this.#socket.send(FRAME.hello, this.#ours);
    this.#socket.send(FRAME.proof, encodeProof(this.#identity, this.#theirs, this.#ours));
  }

  #onProof(body: Uint8Array): void {
    const theirs = this.#theirs as Uint8Array;
    const peer = this.#peer as ReplicaIndex;
    const refusal = checkProof(this.#identity, peer, { theirs, ours: this.#ours }, body);
    if (refusal !== undefined) {
      this.#socket.close(refusal);
      return;
    }
    if (this.#dialled !== undefined) {
      this.#socket.send(FRAME.proof, encodeProof(this.#identity, theirs, this.#ours));
    }
    this.#onDone(peer);
  }
}
