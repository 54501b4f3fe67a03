import fc from "fast-check";
import { expect, it } from "vitest";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { SendQueue } from "./send-queue.ts";

function queueOf(bytesMax: number): { queue: SendQueue; dropped: FrameKind[] } {
  const dropped: FrameKind[] = [];
  return { queue: new SendQueue(bytesMax, (kind) => dropped.push(kind)), dropped };
}

it("gives frames back in their order", () => {
  const { queue } = queueOf(100);
  for (const byte of [1, 2, 3]) queue.push({ kind: FRAME.signed, bytes: Uint8Array.of(byte) });
  expect([queue.shift(), queue.shift(), queue.shift()].map((frame) => frame?.bytes[0])).toEqual([
    1, 2, 3,
  ]);
  expect(queue.shift()).toBeUndefined();
});

it("drops what can be fetched again before votes, the oldest first", () => {
  const { queue, dropped } = queueOf(30);
  queue.push({ kind: FRAME.votePack, bytes: new Uint8Array(10) });
  queue.push({ kind: FRAME.batch, bytes: new Uint8Array(10) });
  queue.push({ kind: FRAME.signed, bytes: new Uint8Array(10) });
  queue.push({ kind: FRAME.votePack, bytes: new Uint8Array(10) });
  expect(dropped).toEqual([FRAME.batch]);
  queue.push({ kind: FRAME.votePack, bytes: new Uint8Array(10) });
  expect(dropped).toEqual([FRAME.batch, FRAME.votePack]);
  expect(queue.shift()?.kind).toBe(FRAME.signed);
});

it("never holds more bytes than its bound, and loses nothing without saying so", () => {
  const kinds: readonly FrameKind[] = [FRAME.votePack, FRAME.batch, FRAME.signed];
  const step = fc.record({
    kind: fc.constantFrom(...kinds),
    size: fc.nat(50),
    shift: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { queue, dropped } = queueOf(100);
      let taken = 0;
      for (const { kind, size, shift } of steps) {
        queue.push({ kind, bytes: new Uint8Array(size) });
        if (shift && queue.shift() !== undefined) taken++;
        expect(queue.bytes).toBeLessThanOrEqual(100);
      }
      expect(queue.count + taken + dropped.length).toBe(steps.length);
    }),
  );
});
