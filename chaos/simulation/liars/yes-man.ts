import type { Vote } from "../../../consensus/wire/certificate.ts";
import {
  VOTE_ACKNOWLEDGEMENT,
  VOTE_COMMIT,
  VOTE_PRE_PREPARE,
  VOTE_PREPARE,
} from "../../../consensus/wire/certificate.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { primaryOf } from "../../../consensus/committee.ts";
import type { Strategy } from "./liar.ts";
import { votesOf } from "./votes-of.ts";

/** What the primary's two faces come to, and as much again. */
const DIGEST_COUNT_MAX = 4;

/** By place; acknowledgements have one place for all that they name. */
type Said = Map<string, Set<string>>;

/**
 * Prepares and commits whatever anybody proposes, at once and unseen, and acknowledges bytes that
 * it never had: whoever counts to one less than a quorum of correct replicas is served by it.
 */
export const yesMan: Strategy = {
  name: "yes-man",
  hears(_from, kind, body, liar) {
    if (kind !== FRAME.votePack) return true;
    // A few in each place: with one that says ever other things it would agree for ever.
    const said = (liar.memory.get("said") ?? new Map()) as Said;
    liar.memory.set("said", said);
    const votes: Vote[] = [];
    for (const vote of votesOf(body)) {
      if (vote.type === VOTE_ACKNOWLEDGEMENT) votes.push(vote);
      const isPrimary = primaryOf(liar.committee, vote.view) === liar.index;
      if (vote.type === VOTE_PRE_PREPARE) votes.push({ ...vote, type: VOTE_PREPARE });
      if (vote.type === VOTE_PREPARE && isPrimary) votes.push({ ...vote, type: VOTE_PRE_PREPARE });
      if (vote.type !== VOTE_ACKNOWLEDGEMENT) votes.push({ ...vote, type: VOTE_COMMIT });
    }
    const unsaid = votes.filter((vote) => isNew(said, vote));
    if (unsaid.length > 0) liar.votes(unsaid);
    return true;
  },
};

function isNew(said: Said, { type, view, sequence, digest }: Vote): boolean {
  const place = `${type}/${view}/${sequence}`;
  const digests = said.get(place) ?? new Set();
  said.set(place, digests);
  const isFull = type !== VOTE_ACKNOWLEDGEMENT && digests.size >= DIGEST_COUNT_MAX;
  const text = keyText(digest);
  if (isFull || digests.has(text)) return false;
  digests.add(text);
  return true;
}
