import { FRAME } from "../../../consensus/wire/frame.ts";
import type { LyingFrame, Strategy } from "./liar.ts";

const KEPT_MAX = 200;

/** Says old things again: its own, and what others signed. */
export const replay: Strategy = {
  name: "replay",
  send(frame, liar) {
    const kept = (liar.memory.get("replay") ?? []) as LyingFrame[];
    liar.memory.set("replay", kept);
    if (kept.length < KEPT_MAX) kept.push(frame);
    else kept[liar.prng.below(KEPT_MAX)] = frame;
    if (!liar.prng.chance(0.15)) return [frame];
    return [frame, { ...(kept[liar.prng.below(kept.length)] as LyingFrame), to: frame.to }];
  },
  hears(_from, kind, body, liar) {
    if (kind !== FRAME.signed && kind !== FRAME.votePack) return true;
    if (!liar.prng.chance(0.05)) return true;
    for (const to of liar.peers()) liar.emit({ to, kind, body, delayMs: liar.prng.below(5000) });
    return true;
  },
};
