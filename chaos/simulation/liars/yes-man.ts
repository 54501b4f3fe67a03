import type { Vote } from "../../../consensus/wire/certificate.ts";
import {
  VOTE_ACKNOWLEDGEMENT,
  VOTE_COMMIT,
  VOTE_PRE_PREPARE,
  VOTE_PREPARE,
} from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { primaryOf } from "../../../consensus/committee.ts";
import type { Strategy } from "./liar.ts";
import { votesOf } from "./votes-of.ts";

/**
 * Prepares and commits whatever anybody proposes, at once and unseen, and acknowledges bytes that
 * it never had: whoever counts to one less than a quorum of correct replicas is served by it.
 */
export const yesMan: Strategy = {
  name: "yes-man",
  hears(_from, kind, body, liar) {
    if (kind !== FRAME.votePack) return true;
    const votes: Vote[] = [];
    for (const vote of votesOf(body)) {
      if (vote.type === VOTE_ACKNOWLEDGEMENT) votes.push(vote);
      const isPrimary = primaryOf(liar.surroundings.committee, vote.view) === liar.index;
      if (vote.type === VOTE_PRE_PREPARE) votes.push({ ...vote, type: VOTE_PREPARE });
      if (vote.type === VOTE_PREPARE && isPrimary) votes.push({ ...vote, type: VOTE_PRE_PREPARE });
      if (vote.type !== VOTE_ACKNOWLEDGEMENT) votes.push({ ...vote, type: VOTE_COMMIT });
    }
    if (votes.length > 0) liar.votes(votes);
    return true;
  },
};
