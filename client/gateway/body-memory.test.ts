import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BodyMemory, HeldPieces } from "./body-memory.ts";
import { OWN_BODY_BYTES_MAX } from "./limits.ts";

describe("memory for bodies on their way in", () => {
  it("has a place for the beginning of each, however much others hold", () => {
    const memory = new BodyMemory(0);
    for (let count = 0; count < 2_000; count++) {
      expect(new HeldPieces(memory).add(new Uint8Array(OWN_BODY_BYTES_MAX / 2))).toBe(true);
    }
    expect(memory.bytes).toBe(0);
  });

  it("counts what surrounds each byte of one that comes byte by byte", () => {
    const held = new HeldPieces(new BodyMemory(0));
    let pieces = 0;
    while (held.add(Uint8Array.of(1))) pieces++;
    expect(pieces).toBeLessThan(OWN_BODY_BYTES_MAX / 100);
    expect(held.isMoreThanOwn).toBe(true);
  });

  it("hands back what was added, in its order", () => {
    const held = new HeldPieces(new BodyMemory());
    for (const byte of [1, 2, 3]) held.add(Uint8Array.of(byte));
    expect([...held.whole()]).toEqual([1, 2, 3]);
    held.drop();
    held.add(Uint8Array.of(4));
    expect([...held.whole()]).toEqual([4]);
  });

  it("is never held beyond its bound, and all of it comes back", () => {
    const step = fc.record({ body: fc.nat({ max: 5 }), bytes: fc.nat({ max: 60_000 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const memory = new BodyMemory(100_000);
        const bodies = Array.from({ length: 6 }, () => new HeldPieces(memory));
        for (const { body, bytes } of steps) {
          const held = bodies[body] as HeldPieces;
          if (!held.add(new Uint8Array(bytes))) held.drop();
          expect(memory.bytes).toBeLessThanOrEqual(100_000);
          expect(memory.bytes).toBeGreaterThanOrEqual(0);
        }
        for (const held of bodies) held.drop();
        expect(memory.bytes).toBe(0);
      }),
    );
  });
});
