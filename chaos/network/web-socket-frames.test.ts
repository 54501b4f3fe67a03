import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../base/bytes.ts";
import { FrameCutter, payloadOf, withBitTurned } from "./web-socket-frames.ts";

const MASK = Uint8Array.from([1, 2, 3, 4]);

function frame(opcode: number, payload: Uint8Array, isMasked: boolean): Uint8Array {
  const size = payload.length;
  const length =
    size < 126
      ? [size]
      : size < 65_536
        ? [126, size >> 8, size & 255]
        : [127, 0, 0, 0, 0, 0, size >> 16, (size >> 8) & 255, size & 255];
  length[0]! |= isMasked ? 0x80 : 0;
  const body = isMasked ? payload.map((byte, at) => byte ^ MASK[at & 3]!) : payload;
  return concatBytes(
    Uint8Array.from([0x80 | opcode, ...length]),
    isMasked ? MASK : new Uint8Array(0),
    body,
  );
}

const frames = fc.array(
  fc.record({
    opcode: fc.constantFrom(1, 2, 8, 9, 10),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(70_000).map((size) => new Uint8Array(size)),
    ),
    isMasked: fc.boolean(),
  }),
  { maxLength: 6 },
);

/** Byte for byte; a matcher of objects would take its time over each of them. */
function expectSame(found: readonly Uint8Array[], wanted: readonly Uint8Array[]): void {
  expect(found.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
  for (const [at, bytes] of found.entries()) {
    expect(Buffer.compare(bytes, wanted[at]!), `frame ${at}`).toBe(0);
  }
}

describe("WebSocket frames", () => {
  it("are cut out of any pieces, whole and in order", () => {
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 5_000 }), (list, pieceSize) => {
        const whole = list.map(({ opcode, payload, isMasked }) => frame(opcode, payload, isMasked));
        const stream = concatBytes(...whole);
        const cutter = new FrameCutter();
        const cut = [];
        for (let at = 0; at < stream.length; at += pieceSize) {
          cut.push(...cutter.push(stream.slice(at, at + pieceSize)));
        }
        expectSame(
          cut.map(({ bytes }) => bytes),
          whole,
        );
        expectSame(
          cut.map(payloadOf),
          list.map(({ payload }) => payload),
        );
        expect(cut.map(({ isData }) => isData)).toEqual(list.map(({ opcode }) => opcode < 8));
      }),
      { numRuns: 50 },
    );
  });

  it("with a bit turned differ in one bit of what they say, masked or not", () => {
    for (const isMasked of [false, true]) {
      const [cut] = new FrameCutter().push(frame(2, new Uint8Array(50), isMasked));
      const [other] = new FrameCutter().push(withBitTurned(cut!, 1234));
      const wrong = payloadOf(other!).filter((byte) => byte !== 0);
      expect(wrong).toHaveLength(1);
      expect(Math.log2(wrong[0]!) % 1).toBe(0);
    }
  });
});
