import { VOTE_ACKNOWLEDGEMENT } from "../../../consensus/wire/certificate.ts";
import type { Vote } from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { Strategy } from "./liar.ts";
import { votesOf } from "./votes-of.ts";

/** Votes for everything, and for the other thing too: in one pack, or the second one later. */
export const doubleVote: Strategy = {
  name: "double-vote",
  send(frame, liar) {
    if (frame.kind !== FRAME.votePack || !liar.prng.chance(0.6)) return [frame];
    const others: Vote[] = [];
    for (const vote of votesOf(frame.body)) {
      if (vote.type === VOTE_ACKNOWLEDGEMENT) continue;
      const alternative = liar.conspiracy.alternativeOf(vote.digest);
      others.push({ ...vote, digest: alternative?.digest ?? liar.hash(vote.digest) });
    }
    if (others.length === 0) return [frame];
    const second = { ...frame, body: liar.pack(others), delayMs: liar.prng.below(30) };
    return liar.prng.chance(0.5) ? [frame, second] : [second, frame];
  },
};
