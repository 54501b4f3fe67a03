import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventQueue } from "./event-queue.ts";

function drain(queue: EventQueue): void {
  for (let event = queue.pop(); event !== undefined; event = queue.pop()) event();
}

describe("the event queue", () => {
  it("gives events by time, and those of one time in the order in which they came", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 300 }), (times) => {
        const queue = new EventQueue();
        const seen: number[] = [];
        for (const [index, time] of times.entries()) queue.push(time, () => seen.push(index));
        drain(queue);
        const wanted = times
          .map((time, index) => ({ time, index }))
          .sort((left, right) => left.time - right.time || left.index - right.index);
        expect(seen).toEqual(wanted.map(({ index }) => index));
      }),
    );
  });

  it("takes events while it is emptied", () => {
    const queue = new EventQueue();
    const seen: string[] = [];
    queue.push(2, () => seen.push("second"));
    queue.push(1, () => {
      seen.push("first");
      queue.push(1, () => seen.push("at once"));
      queue.push(3, () => seen.push("last"));
    });
    drain(queue);
    expect(seen).toEqual(["first", "at once", "second", "last"]);
    expect(queue.nextTime).toBe(Number.POSITIVE_INFINITY);
  });
});
