import { VOTE_PRE_PREPARE } from "../../../consensus/wire/certificate.ts";
import type { Vote } from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { batchDigest } from "../../../consensus/hashing.ts";
import type { Alternative } from "./conspiracy.ts";
import type { Strategy } from "./liar.ts";
import { votesOf } from "./votes-of.ts";

/** As primary it proposes times that are far ahead, just within ε, or long past. */
const SHIFTS_MS = [3_600_000, 450, 550, -3_600_000, 5_000];

export const lieAboutTime: Strategy = {
  name: "lie-about-time",
  send(frame, liar) {
    const redated = (liar.memory.get("redated") ?? new Map()) as Map<string, Alternative>;
    liar.memory.set("redated", redated);
    if (frame.kind === FRAME.batch) {
      const name = keyText(batchDigest(liar.hash, frame.body));
      let other = redated.get(name);
      if (other === undefined) {
        const shift = SHIFTS_MS[liar.prng.below(SHIFTS_MS.length)] as number;
        other = liar.conspiracy.redate(frame.body, shift);
        if (other !== undefined) redated.set(name, other);
      }
      return [other === undefined ? frame : { ...frame, body: other.body }];
    }
    if (frame.kind !== FRAME.votePack) return [frame];
    const votes = votesOf(frame.body);
    if (!votes.some(({ type }) => type === VOTE_PRE_PREPARE)) return [frame];
    const shown = votes.map((vote): Vote => {
      const other = redated.get(keyText(vote.digest));
      if (other !== undefined) return { ...vote, digest: other.digest };
      // Votes leave after the batch in one turn, but a resend may come first.
      return vote;
    });
    return [{ ...frame, body: liar.pack(shown) }];
  },
};
