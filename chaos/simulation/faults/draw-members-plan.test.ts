import { describe, expect, it } from "vitest";
import { drawMembersPlan, hurtOf } from "./draw-members-plan.ts";
import { drawPlan } from "./draw-plan.ts";
import type { MemberChange, Plan } from "./plan.ts";

const plans = Array.from({ length: 400 }, (_, seed) => drawMembersPlan(seed));
const changesOf = ({ membership }: Plan): readonly MemberChange[] => membership?.changes ?? [];

/** Members and f after each change in its turn, counted here once more. */
function shapesOf(plan: Plan): { readonly members: readonly number[]; readonly f: number }[] {
  let members = Array.from({ length: plan.memberCount }, (_, index) => index);
  let f = plan.faultyMax;
  return changesOf(plan).map(({ add, remove, faultyMax }) => {
    members = [...members.filter((one) => !remove.includes(one) && !add.includes(one)), ...add];
    f = faultyMax ?? Math.max(f, Math.floor((members.length - 1) / 3));
    return { members, f };
  });
}

describe("a plan in which members come and go", () => {
  it("is the same for the same seed, and leaves the seed's own plan as it is", () => {
    expect(drawMembersPlan(7)).toEqual(drawMembersPlan(7));
    expect(drawPlan(7).membership).toBeUndefined();
  });

  it("never counts on who is hurt: the others are a quorum of each epoch", () => {
    for (const plan of plans.filter(({ membership }) => membership?.mayStall === false)) {
      const hurt = hurtOf(plan);
      for (const { members, f } of shapesOf(plan)) {
        const quorum = Math.ceil((members.length + f + 1) / 2);
        const hurtCount = members.filter((one) => hurt.has(one)).length;
        expect(hurtCount).toBeLessThanOrEqual(f);
        expect(members.length - hurtCount).toBeGreaterThanOrEqual(quorum);
        expect(members.length).toBeGreaterThanOrEqual(Math.max(4, 2 * f + 1));
      }
    }
  });

  it("adds, removes and replaces, also a replica that is amnesiac, and forges consents", () => {
    const all = plans.flatMap((plan) => changesOf(plan).map((change) => ({ plan, change })));
    const kinds = new Set(
      all.map(({ change }) => `+${change.add.length} -${change.remove.length}`),
    );
    expect([...kinds].sort()).toEqual(["+0 -1", "+0 -3", "+1 -0", "+1 -1"]);
    expect(new Set(all.map(({ change }) => change.consent)).size).toBe(3);
    const ofRuined = all.filter(({ plan, change }) =>
      plan.faults.some(
        (fault) => fault.type === "wipe-promises" && change.remove.includes(fault.replica),
      ),
    );
    expect(ofRuined.length).toBeGreaterThan(0);
    expect(all.some(({ change }) => change.faultyMax !== undefined)).toBe(true);
  });

  it("lets three of ten go whom three liars cut off, in some", () => {
    const purges = plans.filter(({ membership }) => membership?.mayStall === true);
    expect(purges.length).toBeGreaterThan(0);
    for (const plan of purges) {
      const [{ remove } = { remove: [] }] = changesOf(plan);
      expect(plan).toMatchObject({ memberCount: 10, faultyMax: 3 });
      expect(remove.some((one) => hurtOf(plan).has(one))).toBe(false);
      expect(remove.length).toBe(3);
    }
  });
});
