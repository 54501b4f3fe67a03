import { drawMembersPlan } from "./draw-members-plan.ts";
import { drawPlan } from "./draw-plan.ts";
import type { Plan } from "./plan.ts";

/** What a seed is drawn into: "members": there members come and go, among all else. */
export type Profile = "usual" | "members";

export function drawProfile(profile: Profile, seed: number): Plan {
  return profile === "members" ? drawMembersPlan(seed) : drawPlan(seed);
}
