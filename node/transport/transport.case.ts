import { afterEach, describe, expect, it } from "vitest";
import type { ReplicaIndex } from "../../base/types.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { eventually } from "../testing/eventually.ts";
import type { Transport, TransportHandler } from "./transport.ts";

/** What every transport must do, whatever carries it. */
export interface TransportHarness {
  /** Transports of members 0 … count − 1, not opened. */
  create(count: number): Promise<readonly Transport[]>;
  /** Breaks the link now and keeps it broken, for both sides. */
  cut(left: ReplicaIndex, right: ReplicaIndex): void;
  heal(left: ReplicaIndex, right: ReplicaIndex): void;
  close(): Promise<void>;
}

interface Seen {
  readonly frames: { from: number; kind: FrameKind; body: Uint8Array }[];
  readonly up: number[];
  readonly lost: number[];
}

const index = (value: number): ReplicaIndex => value as ReplicaIndex;

function watch(transport: Transport): Seen {
  const seen: Seen = { frames: [], up: [], lost: [] };
  const handler: TransportHandler = {
    onFrame: (from, kind, body) => seen.frames.push({ from, kind, body }),
    onPeerUp: (peer) => seen.up.push(peer),
    onPeerLost: (peer) => seen.lost.push(peer),
  };
  transport.open(handler);
  return seen;
}

function isConnected(transport: Transport): boolean {
  return transport.peers().every((peer) => peer.connected);
}

export function describeTransport(name: string, newHarness: () => TransportHarness): void {
  describe(name, () => {
    let harness: TransportHarness;
    let transports: readonly Transport[];
    let seen: Seen[];

    async function start(count: number): Promise<void> {
      harness = newHarness();
      transports = await harness.create(count);
      seen = transports.map(watch);
      await eventually(() => transports.every(isConnected));
    }

    afterEach(() => harness.close());

    it("connects every pair, once, and says so to both", async () => {
      await start(4);
      for (const [at, one] of seen.entries()) {
        expect(new Set(one.up)).toEqual(new Set([0, 1, 2, 3].filter((other) => other !== at)));
        expect(one.up).toHaveLength(3);
        expect(one.lost).toEqual([]);
      }
    });

    it("delivers to one peer alone, with the author's index and the bytes as sent", async () => {
      await start(3);
      transports[2]?.send(index(0), FRAME.signed, Uint8Array.of(1, 2, 3));
      await eventually(() => seen[0]?.frames.length === 1);
      expect(seen[0]?.frames).toEqual([
        { from: 2, kind: FRAME.signed, body: Uint8Array.of(1, 2, 3) },
      ]);
      expect(seen[1]?.frames).toEqual([]);
    });

    it("delivers to all others and not to the sender", async () => {
      await start(4);
      transports[1]?.send("all", FRAME.votePack, Uint8Array.of(7));
      await eventually(() => [0, 2, 3].every((other) => seen[other]?.frames.length === 1));
      expect(seen[1]?.frames).toEqual([]);
    });

    it("keeps the order of one sender's frames, small and large", async () => {
      await start(2);
      for (let round = 0; round < 300; round++) {
        const body = new Uint8Array(round % 50 === 0 ? 200_000 : 4);
        new DataView(body.buffer).setUint32(0, round);
        transports[0]?.send(index(1), FRAME.batch, body);
      }
      await eventually(() => seen[1]?.frames.length === 300);
      const rounds = seen[1]?.frames.map(({ body }) =>
        new DataView(body.buffer, body.byteOffset).getUint32(0),
      );
      expect(rounds).toEqual(Array.from({ length: 300 }, (_, round) => round));
    });

    it("hands over bytes that stay as they are", async () => {
      await start(2);
      const body = new Uint8Array(64).fill(1);
      transports[0]?.send(index(1), FRAME.signed, body);
      body.fill(9);
      await eventually(() => seen[1]?.frames.length === 1);
      expect(seen[1]?.frames[0]?.body).toEqual(new Uint8Array(64).fill(1));
    });

    it("tells both sides of a lost link, drops what is sent meanwhile, and connects again", async () => {
      await start(2);
      harness.cut(index(0), index(1));
      await eventually(() => seen[0]?.lost.length === 1 && seen[1]?.lost.length === 1);
      transports[0]?.send(index(1), FRAME.signed, Uint8Array.of(1));
      harness.heal(index(0), index(1));
      await eventually(() => transports.every(isConnected));
      transports[0]?.send(index(1), FRAME.signed, Uint8Array.of(2));
      await eventually(() => (seen[1]?.frames.length ?? 0) > 0);
      expect(seen[1]?.frames.map(({ body }) => body[0])).toEqual([2]);
    });

    it("notices a peer that goes away for good", async () => {
      await start(3);
      await transports[1]?.close();
      await eventually(
        () => seen[0]?.lost.includes(1) === true && seen[2]?.lost.includes(1) === true,
      );
      expect(transports[0]?.peers().map(({ connected }) => connected)).toEqual([false, true]);
    });

    it("answers for peers that never came, without throwing", async () => {
      harness = newHarness();
      transports = await harness.create(2);
      watch(transports[0] as Transport);
      transports[0]?.send("all", FRAME.signed, Uint8Array.of(1));
      expect(transports[0]?.peers()).toEqual([
        { index: 1, connected: false, queuedCount: 0, queuedBytes: 0 },
      ]);
    });
  });
}
