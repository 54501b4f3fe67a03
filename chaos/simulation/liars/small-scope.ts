import type { Hash } from "../../../base/types.ts";
import { VOTE_ACKNOWLEDGEMENT } from "../../../consensus/wire/certificate.ts";
import type { Vote } from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { Liar, Strategy } from "./liar.ts";
import { votesOf } from "./votes-of.ts";

/** Small mutations of valid votes, signed: one more or less, an older digest (ByzzFuzz, 2023). */
export const smallScope: Strategy = {
  name: "small-scope",
  send(frame, liar) {
    if (frame.kind !== FRAME.votePack || !liar.prng.chance(0.3)) return [frame];
    const votes = votesOf(frame.body).map((vote) =>
      vote.type === VOTE_ACKNOWLEDGEMENT ? vote : mutate(vote, liar),
    );
    if (votes.length === 0) return [frame];
    const lie = { ...frame, body: liar.pack(votes) };
    return liar.prng.chance(0.5) ? [lie] : [frame, lie];
  },
};

function mutate(vote: Vote, liar: Liar): Vote {
  const digests = (liar.memory.get("digests") ?? []) as Hash[];
  liar.memory.set("digests", digests);
  digests.push(vote.digest);
  if (digests.length > 50) digests.shift();
  const older = digests[liar.prng.below(digests.length)] as Hash;
  const one = liar.prng.chance(0.5) ? 1 : -1;
  switch (liar.prng.below(5)) {
    case 0:
      return { ...vote, sequence: Math.max(1, vote.sequence + one) as Vote["sequence"] };
    case 1:
      return { ...vote, view: Math.max(0, vote.view + one) as Vote["view"] };
    case 2:
      return { ...vote, digest: older };
    case 3:
      return { ...vote, sequence: (vote.sequence + 1000) as Vote["sequence"] };
    default:
      return { ...vote, view: Math.max(0, vote.view + one) as Vote["view"], digest: older };
  }
}
