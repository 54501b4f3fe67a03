import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";

/** What the receiver asks for again when it misses it. Votes and statements go last. */
const FETCHABLE: ReadonlySet<FrameKind> = new Set<FrameKind>([
  FRAME.batch,
  FRAME.forward,
  FRAME.committed,
  FRAME.nodes,
  FRAME.rows,
  FRAME.stable,
  FRAME.fetchBatch,
  FRAME.fetchCommitted,
  FRAME.fetchNodes,
  FRAME.fetchRows,
  FRAME.fetchStable,
]);

export interface QueuedFrame {
  readonly kind: FrameKind;
  /** Kind byte and body, ready to be sent. */
  readonly bytes: Uint8Array;
}

/**
 * Frames that wait for a slow peer, bounded in bytes. When it is full the oldest frame that can be
 * fetched again goes first, then the oldest of any kind: the newest word of a protocol that
 * retransmits is worth the most.
 */
export class SendQueue {
  readonly #bytesMax: number;
  readonly #onDrop: (kind: FrameKind) => void;
  #frames: (QueuedFrame | undefined)[] = [];
  #head = 0;
  #count = 0;
  #bytes = 0;

  constructor(bytesMax: number, onDrop: (kind: FrameKind) => void) {
    this.#bytesMax = bytesMax;
    this.#onDrop = onDrop;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(frame: QueuedFrame): void {
    this.#frames.push(frame);
    this.#count++;
    this.#bytes += frame.bytes.length;
    while (this.#bytes > this.#bytesMax && this.#count > 0) this.#dropOne();
  }

  shift(): QueuedFrame | undefined {
    while (this.#head < this.#frames.length) {
      const frame = this.#frames[this.#head];
      this.#frames[this.#head++] = undefined;
      if (frame === undefined) continue;
      this.#account(frame);
      this.#compact();
      return frame;
    }
    this.#compact();
    return undefined;
  }

  /** Takes everything that is left. */
  *drain(): Generator<QueuedFrame> {
    for (let frame = this.shift(); frame !== undefined; frame = this.shift()) yield frame;
  }

  #dropOne(): void {
    let victim = -1;
    for (let index = this.#head; index < this.#frames.length; index++) {
      const frame = this.#frames[index];
      if (frame === undefined) continue;
      if (victim < 0) victim = index;
      if (FETCHABLE.has(frame.kind)) {
        victim = index;
        break;
      }
    }
    const frame = this.#frames[victim];
    if (frame === undefined) return;
    this.#frames[victim] = undefined;
    this.#account(frame);
    this.#onDrop(frame.kind);
  }

  #account(frame: QueuedFrame): void {
    this.#count--;
    this.#bytes -= frame.bytes.length;
  }

  #compact(): void {
    if (this.#head < 1024 && this.#head < this.#frames.length) return;
    this.#frames = this.#frames.slice(this.#head);
    this.#head = 0;
  }
}
