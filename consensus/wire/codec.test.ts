import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { writeSetCodec, writeSetHeaderCodec } from "./write-set.ts";
import type { WriteSetHeader } from "./write-set.ts";
import { DecodeRefusal } from "./wire-reader.ts";
import { heartbeatCodec, votePackCodec } from "./certificate.ts";
import type { VotePack } from "./certificate.ts";
import { epoch } from "../../base/types.ts";
import type { Hash, Hlc, PublicKey } from "../../base/types.ts";

const bytesOf = (size: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: size, maxLength: size });

const header: fc.Arbitrary<WriteSetHeader> = fc.record({
  epoch: fc.maxSafeNat().map(epoch),
  writer: bytesOf(32) as fc.Arbitrary<PublicKey>,
  session: bytesOf(16),
  counter: fc.maxSafeNat(),
  notAfter: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) as fc.Arbitrary<Hlc>,
  writesRoot: bytesOf(32) as fc.Arbitrary<Hash>,
  writeCount: fc.integer({ min: 0, max: 256 }),
  settled: fc.maxSafeNat(),
});

describe("the codec gives each message one encoding", () => {
  it("returns what was put in, 64-bit values included", () => {
    fc.assert(
      fc.property(header, (value) => {
        expect(writeSetHeaderCodec.decode(writeSetHeaderCodec.encode(value))).toEqual(value);
      }),
    );
  });

  it("refuses any changed, dropped or added byte or decodes it to a different message", () => {
    fc.assert(
      fc.property(header, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, at, flip) => {
        const bytes = writeSetHeaderCodec.encode(value);
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ flip;
        const decoded = writeSetHeaderCodec.tryDecode(bytes);
        if (decoded !== undefined) {
          expect(decoded).not.toEqual(value);
          expect(writeSetHeaderCodec.encode(decoded)).toEqual(bytes);
        }
      }),
    );
  });

  it("never throws anything but its refusal on arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          writeSetHeaderCodec.decode(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeRefusal);
        }
      }),
    );
  });
});

describe("what protobuf would let through", () => {
  const heartbeat = heartbeatCodec.encode({
    epoch: 1 as never,
    sequence: 5 as never,
    stateRoot: new Uint8Array(32).fill(7) as Hash,
    asOf: (1n << 63n) as Hlc,
    nonce: new Uint8Array(0),
  });
  const append = (...tail: number[]): Uint8Array => Uint8Array.of(...heartbeat, ...tail);

  it.each([
    ["an unknown field", append(0x78, 1)],
    ["a repeated field", append(0x08, 1)],
    ["a default-valued field", append(0x2a, 0)],
    [
      "a field out of order",
      Uint8Array.of(
        ...heartbeat.subarray(2, 4),
        ...heartbeat.subarray(0, 2),
        ...heartbeat.subarray(4),
      ),
    ],
    ["a non-minimal varint", Uint8Array.of(0x08, 0x81, 0x00, ...heartbeat.subarray(2))],
    ["a trailing byte", append(0)],
    [
      "a counter above 2^53",
      Uint8Array.of(
        0x08,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0x7f,
        ...heartbeat.subarray(2),
      ),
    ],
    ["a truncated field", heartbeat.subarray(0, heartbeat.length - 1)],
  ])("refuses %s", (_what, bytes) => {
    expect(() => heartbeatCodec.decode(bytes)).toThrow(DecodeRefusal);
  });

  it("accepts the one encoding", () => {
    expect(heartbeatCodec.decode(heartbeat).asOf).toBe(1n << 63n);
  });
});

describe("bounds", () => {
  const pack = (count: number): VotePack => ({
    author: 1 as never,
    epoch: epoch(0),
    votes: Array.from({ length: count }, () => new Uint8Array(50)),
    signature: new Uint8Array(64) as never,
  });

  it("hold when encoding: our own fault stops us", () => {
    expect(() => votePackCodec.encode(pack(1025))).toThrow(/broken invariant/);
    expect(() =>
      heartbeatCodec.encode({ ...heartbeatCodec.decode(votable()), sequence: Number.NaN as never }),
    ).toThrow(/broken invariant/);
    expect(() =>
      heartbeatCodec.encode({ ...heartbeatCodec.decode(votable()), sequence: 1n as never }),
    ).toThrow(/broken invariant/);
  });

  it("copies: the decoded message does not alias the input", () => {
    const bytes = votePackCodec.encode(pack(2));
    const decoded = votePackCodec.decode(bytes);
    bytes.fill(255);
    expect(decoded.votes[0]).toEqual(new Uint8Array(50));
  });

  it("leaves the large parts of a write set where they lie", () => {
    const bytes = writeSet(2, 1024);
    const decoded = writeSetCodec.decode(bytes);
    expect(decoded.values[1]).toEqual(new Uint8Array(1024).fill(7));
    expect(decoded.values[1]?.buffer).toBe(bytes.buffer);
    expect(decoded.signature.buffer).not.toBe(bytes.buffer);
  });

  it.each([1, 64 * 1024])(
    "refuses what is not the one encoding beside values of %i bytes",
    (size) => {
      const bytes = writeSet(8, size);
      // One more write, after the values.
      const unordered = new Uint8Array(bytes.length + 2);
      unordered.set(bytes);
      unordered.set([0x1a, 0], bytes.length);
      for (let round = 0; round < 3; round++) {
        expect(writeSetCodec.tryDecode(unordered)).toBeUndefined();
        expect(writeSetCodec.tryDecode(bytes.subarray(1))).toBeUndefined();
        expect(writeSetCodec.decode(bytes).values).toHaveLength(8);
      }
    },
  );

  function writeSet(count: number, size: number): Uint8Array {
    return writeSetCodec.encode({
      header: new Uint8Array(100),
      signature: new Uint8Array(64) as never,
      writes: Array.from({ length: count }, () => new Uint8Array(50)),
      values: Array.from({ length: count }, () => new Uint8Array(size).fill(7)),
    });
  }

  function votable(): Uint8Array {
    return heartbeatCodec.encode({
      epoch: epoch(0),
      sequence: 1 as never,
      stateRoot: new Uint8Array(32) as Hash,
      asOf: 1n as Hlc,
      nonce: new Uint8Array(32),
    });
  }
});
