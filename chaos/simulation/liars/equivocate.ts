import { VOTE_ACKNOWLEDGEMENT } from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { Strategy } from "./liar.ts";
import { votesOf } from "./votes-of.ts";

/**
 * Two faces: half of the cluster is shown one proposal and all votes for it, the other half another
 * proposal and all votes for that one. All liars of a run keep to the same halves.
 */
export const equivocate: Strategy = {
  name: "equivocate",
  send(frame, liar) {
    const { conspiracy } = liar;
    if (frame.kind === FRAME.batch) {
      const other = conspiracy.propose(frame.body);
      if (other === undefined || conspiracy.sideOf(frame.to) === 0) return [frame];
      return [{ ...frame, body: other.body }];
    }
    if (frame.kind !== FRAME.votePack || conspiracy.sideOf(frame.to) === 0) return [frame];
    const votes = votesOf(frame.body);
    let isChanged = false;
    const shown = votes.map((vote) => {
      if (vote.type === VOTE_ACKNOWLEDGEMENT) return vote;
      const other = conspiracy.alternativeOf(vote.digest);
      if (other === undefined) return vote;
      isChanged = true;
      return { ...vote, digest: other.digest };
    });
    return [isChanged ? { ...frame, body: liar.pack(shown) } : frame];
  },
};
