import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BoundedQueue } from "./bounded-queue.ts";

describe("a bounded queue", () => {
  it("behaves like an array that refuses to grow past its bound", () => {
    const operations = fc.array(fc.oneof(fc.nat(1000), fc.constant("shift" as const)));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), operations, (capacity, steps) => {
        const queue = new BoundedQueue<number>(capacity);
        const model: number[] = [];
        for (const step of steps) {
          if (step === "shift") expect(queue.shift()).toBe(model.shift());
          else {
            const accepted = model.length < capacity;
            if (accepted) model.push(step);
            expect(queue.push(step)).toBe(accepted);
          }
          expect(queue.length).toBe(model.length);
          expect(queue.peek()).toBe(model[0]);
        }
      }),
    );
  });

  it("has room for at least one", () => {
    expect(() => new BoundedQueue(0)).toThrow(/broken invariant/);
  });
});
