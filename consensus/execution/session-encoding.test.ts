import { expect, it } from "vitest";
import fc from "fast-check";
import type { Hash, Hlc, PublicKey, Sequence } from "../../base/types.ts";
import { sessionRowCodec } from "../wire/rows.ts";
import type { SessionRow } from "../wire/rows.ts";
import { encodeSession } from "./session-encoding.ts";

const bytesOf = (size: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: size, maxLength: size });
const result = fc.record({
  counter: fc.maxSafeNat(),
  sequence: fc.maxSafeNat() as fc.Arbitrary<Sequence>,
  digest: bytesOf(32) as fc.Arbitrary<Hash>,
  outcomes: fc.array(fc.record({ index: fc.nat(255), code: fc.nat(255) }), { maxLength: 5 }),
});
const session: fc.Arbitrary<SessionRow> = fc.record({
  writer: bytesOf(32) as fc.Arbitrary<PublicKey>,
  session: bytesOf(16),
  low: fc.oneof(fc.constant(0), fc.maxSafeNat()),
  executed: fc.array(result, { maxLength: 20 }),
  notAfter: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) as fc.Arbitrary<Hlc>,
});

it("a session put together from pieces is encoded as by the codec, also with other neighbours", () => {
  fc.assert(
    fc.property(session, session, (row, other) => {
      expect(encodeSession(row)).toEqual(sessionRowCodec.encode(row));
      const moved = { ...other, executed: row.executed };
      expect(encodeSession(moved)).toEqual(sessionRowCodec.encode(moved));
    }),
  );
});
