import type { ReplicaIndex, Signature } from "../../../base/types.ts";
import { availabilityForgery } from "./forged-certificates.ts";
import {
  SIGNED_STATEMENT,
  VOTE_ACKNOWLEDGEMENT,
  signedCodec,
  votePackCodec,
} from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { Strategy } from "./liar.ts";
import { votesOf } from "./votes-of.ts";
import { flipped } from "./lie-in-transfer.ts";

/** Speaks in others' names, without their keys; and damages what it passes on. */
export const forge: Strategy = {
  name: "forge",
  send(frame, liar) {
    if (!liar.prng.chance(0.2)) return [frame];
    const someone = liar.prng.below(liar.committee.members.length) as ReplicaIndex;
    if (frame.kind === FRAME.votePack) {
      const pack = votePackCodec.tryDecode(frame.body);
      if (pack === undefined) return [frame];
      const signature = liar.prng.bytes(64) as Signature;
      const body = votePackCodec.encode({ ...pack, author: someone, signature });
      return [frame, { ...frame, body }];
    }
    if (frame.kind === FRAME.signed) {
      const signed = signedCodec.tryDecode(frame.body);
      if (signed?.type !== SIGNED_STATEMENT) return [frame];
      return [frame, { ...frame, body: signedCodec.encode({ ...signed, author: someone }) }];
    }
    return [frame, { ...frame, body: flipped(frame.body, liar) }];
  },
  hears(_from, kind, body, liar) {
    if (kind !== FRAME.votePack) return true;
    for (const { type, digest } of votesOf(body)) {
      if (type !== VOTE_ACKNOWLEDGEMENT) continue;
      liar.memory.set("acknowledged", digest);
      const forgery = availabilityForgery(liar);
      if (forgery !== undefined) liar.toAll(FRAME.availability, forgery);
    }
    return true;
  },
};
