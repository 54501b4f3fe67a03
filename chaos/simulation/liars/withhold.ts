import { FRAME } from "../../../consensus/wire/frame.ts";
import type { Strategy } from "./liar.ts";

/** Says nothing to half of the cluster, or keeps the bodies of its proposals to itself. */
export const withhold: Strategy = {
  name: "withhold",
  send(frame, liar) {
    if (frame.kind === FRAME.batch && liar.prng.chance(0.3)) return [];
    return liar.conspiracy.sideOf(frame.to) === 0 ? [frame] : [];
  },
};

/** Nothing at all, for seconds at a time. */
export const silent: Strategy = {
  name: "silent",
  send(frame, liar) {
    return Math.floor(liar.surroundings.world.nowMs / 4000) % 2 === 0 ? [] : [frame];
  },
};

/** Nothing at all, ever. Drawn apart from the others, because no other lie leaves it. */
export const mute: Strategy = { name: "mute", send: () => [] };

/** Everything late: just under what would make anybody suspicious. */
export const delay: Strategy = {
  name: "delay",
  send: (frame, liar) => [{ ...frame, delayMs: 150 + liar.prng.below(220) }],
};
