import { describe, expect, it } from "vitest";
import { drawPlan } from "../faults/draw-plan.ts";
import type { Fault, Plan } from "../faults/plan.ts";
import type { Outcome } from "../run-seed.ts";
import { shrink } from "./shrink.ts";
import { readTape, writeTape } from "./tape.ts";

const crash = (replica: number): Fault => ({ type: "crash", atMs: 1000, forMs: 10, replica });

/** A run that fails exactly if replicas 2 and 5 crash and somebody equivocates. */
function run(plan: Plan): Promise<Outcome> {
  const crashed = plan.faults.flatMap((fault) => ("replica" in fault ? [fault.replica] : []));
  const lies = plan.liars.flatMap(({ strategies }) => strategies);
  const fails = crashed.includes(2) && crashed.includes(5) && lies.includes("equivocate");
  return Promise.resolve({
    seed: plan.seed,
    violation: fails ? { checker: "agreement", what: "two roots" } : undefined,
    hash: "00",
    virtualMs: 1500,
    eventCount: 1,
    committedCount: 1,
    faults: {},
    marks: {},
    realCrypto: false,
    tookMs: 1,
  });
}

const plan: Plan = {
  ...drawPlan(1),
  faults: Array.from({ length: 16 }, (_, replica) => crash(replica)),
  liars: [
    { index: 0, twin: false, strategies: ["silent", "equivocate", "forge"] },
    { index: 1, twin: false, strategies: ["delay"] },
  ],
};

describe("shrinking", () => {
  it("ends with what the failure needs and nothing else", async () => {
    const { plan: least, runCount } = await shrink(plan, await run(plan), run, 200);
    expect(least.faults).toEqual([crash(2), crash(5)]);
    expect(least.liars).toEqual([{ index: 0, twin: false, strategies: ["equivocate"] }]);
    expect(least).toMatchObject({ clientCount: 1, writesPerClient: 1 });
    expect(least.link).toMatchObject({ lossProbability: 0, ordered: true });
    expect(runCount).toBeLessThanOrEqual(200);
  });

  it("ends where the failure does, in the smallest committee that has it", async () => {
    const large = { ...plan, memberCount: 10, faultyMax: 3 };
    const { plan: least } = await shrink(large, await run(large), run, 200);
    expect(least.memberCount).toBe(7);
    expect(least.healMs).toBe(1501);
    expect(least.endMs).toBeLessThan(plan.healMs);
  });

  it("stops when it has run often enough, with the least so far", async () => {
    const shrunk = await shrink(plan, await run(plan), run, 3);
    expect(shrunk.runCount).toBe(3);
    expect((await run(shrunk.plan)).violation).toBeDefined();
  });
});

describe("a tape", () => {
  it("gives back the plan that was written, and what was found", () => {
    const violation = { checker: "agreement", what: "two roots" };
    const text = writeTape({ plan, violation, hash: "0123" });
    expect(text.split("\n")).toHaveLength(1 + plan.faults.length + 1);
    expect(readTape(text)).toEqual({ plan, violation, hash: "0123" });
  });

  it.each(["", "{}", "null", "not JSON", '{"tape":2,"plan":{}}'])("is not: %j", (text) => {
    expect(readTape(text)).toBeUndefined();
  });
});
