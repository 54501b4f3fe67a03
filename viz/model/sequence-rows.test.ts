import fc from "fast-check";
import { expect, it } from "vitest";
import { SequenceRows } from "./sequence-rows.ts";

it("finds what a map finds, with gaps, jumps and drops", () => {
  const step = fc.oneof(
    fc.record({ set: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1 })) }),
    fc.record({ drop: fc.integer({ min: 1, max: 40 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const rows = new SequenceRows();
      let model = new Map<number, number>();
      let next = 0;
      for (const one of steps) {
        if ("set" in one) {
          rows.set(one.set, next);
          model.set(one.set, next++);
        } else {
          const count = Math.min(next, one.drop);
          rows.dropRows(count);
          next -= count;
          model = new Map(
            [...model].filter(([, row]) => row >= count).map(([key, row]) => [key, row - count]),
          );
        }
        for (const [sequence, row] of model) expect(rows.get(sequence)).toBe(row);
        expect(rows.get(301)).toBe(model.get(301) ?? -1);
      }
    }),
    { numRuns: 60 },
  );
});
