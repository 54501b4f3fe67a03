import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeClaims, encodeClaims } from "./claim-pack.ts";

const bytes = fc.uint8Array({ maxLength: 300 });

it("claims come out of a pack as they went in", () => {
  const claim = fc.record({
    claim: fc.record({
      kind: fc.constantFrom("cnf/1", "metamath/1"),
      payload: bytes,
      cited: fc.array(bytes),
    }),
    proof: fc.option(bytes, { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 5 }), (claims) => {
      expect(decodeClaims(encodeClaims(claims))).toEqual(claims);
    }),
  );
});
