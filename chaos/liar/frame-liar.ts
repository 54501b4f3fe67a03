import { Prng } from "../../base/prng.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import type { PeerState, Transport, TransportHandler } from "../../node/transport/transport.ts";
import { flipped } from "./forger.ts";

/** A frame on its way to one peer. */
interface PeerFrame {
  readonly to: ReplicaIndex;
  readonly kind: FrameKind;
  readonly body: Uint8Array;
  readonly afterMs?: number;
}

/** What leaves instead; the frame itself when it is left alone. */
type FrameLie = (
  frame: PeerFrame,
  liar: { readonly prng: Prng; readonly old: PeerFrame[] },
) => readonly PeerFrame[];

/** Just below the shortest time after which a request's timer suspects the primary. */
const SLOW_MS = 360;
const OLD_COUNT_MAX = 2_000;
const SHARE = 0.2;

const isProposal = ({ kind }: PeerFrame): boolean => kind === FRAME.batch;

/** Lies that need no understanding of what is said. */
const FRAME_LIES: Readonly<Record<string, FrameLie>> = {
  /** Hears everything and says nothing to its peers. */
  silent: () => [],
  /** Proposes just in time not to be suspected. */
  slow: (frame) => [isProposal(frame) ? { ...frame, afterMs: SLOW_MS } : frame],
  /** As a primary it lets every request wait; else it is honest. */
  censor: (frame) => (isProposal(frame) ? [] : [frame]),
  /** Leaves one backup out of every proposal. */
  leaveOut: (frame, { prng }) => (isProposal(frame) && prng.chance(1 / 3) ? [] : [frame]),
  /** Says again what it said long ago, to whomever. */
  replay: (frame, { prng, old }) => {
    old.push(frame);
    if (old.length > OLD_COUNT_MAX) old.splice(prng.below(old.length), 1);
    const again = old[prng.below(old.length)]!;
    return prng.chance(SHARE) ? [frame, { ...again, to: frame.to }] : [frame];
  },
  /** Forges: content that its signature does not cover. */
  forge: (frame, { prng }) =>
    prng.chance(SHARE)
      ? [{ ...frame, body: flipped(frame.body, prng.below(frame.body.length)) }, frame]
      : [frame],
  /** Bytes that are no message, under any kind. */
  malformed: (frame, { prng }) =>
    prng.chance(SHARE) ? [frame, { ...frame, body: prng.bytes(prng.below(400)) }] : [frame],
  /** Whoever wants the state from it gets something else. */
  transfer: (frame) =>
    frame.kind === FRAME.nodes || frame.kind === FRAME.rows
      ? [{ ...frame, body: flipped(frame.body, frame.body.length - 1) }]
      : [frame],
};

export function isFrameLie(name: string): boolean {
  return Object.hasOwn(FRAME_LIES, name);
}

/** A transport whose frames one lie passes through, once it is told to lie. */
export class FrameLiar implements Transport {
  readonly index: ReplicaIndex;
  isLying = false;
  toldCount = 0;
  readonly #inner: Transport;
  readonly #lie: FrameLie;
  readonly #liar: { readonly prng: Prng; readonly old: PeerFrame[] };
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(inner: Transport, name: string) {
    this.index = inner.index;
    this.#inner = inner;
    this.#lie = FRAME_LIES[name]!;
    this.#liar = { prng: new Prng(inner.index + 1), old: [] };
  }

  open(handler: TransportHandler): void {
    this.#inner.open(handler);
  }

  peers(): readonly PeerState[] {
    return this.#inner.peers();
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#inner.close();
  }

  send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
    if (!this.isLying) {
      this.#inner.send(to, kind, body);
      return;
    }
    const peers = to === "all" ? this.#inner.peers().map(({ index }) => index) : [to];
    for (const peer of peers) {
      const frame = { to: peer, kind, body };
      const told = this.#lie(frame, this.#liar);
      if (told.length !== 1 || told[0] !== frame) this.toldCount++;
      for (const each of told) this.#leave(each);
    }
  }

  #leave({ to, kind, body, afterMs = 0 }: PeerFrame): void {
    if (afterMs === 0) {
      this.#inner.send(to, kind, body);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#inner.send(to, kind, body);
    }, afterMs);
    this.#timers.add(timer);
  }
}
