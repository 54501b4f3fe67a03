import type { ReplicaIndex, Signature } from "../../../base/types.ts";
import { availabilityForgery } from "./forged-certificates.ts";
import {
  SIGNED_STATEMENT,
  signedCodec,
  votePackCodec,
} from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { Strategy } from "./liar.ts";
import { flipped } from "./lie-in-transfer.ts";

/** Speaks in others' names, without their keys; and damages what it passes on. */
export const forge: Strategy = {
  name: "forge",
  send(frame, liar) {
    if (!liar.prng.chance(0.2)) return [frame];
    const someone = liar.prng.below(liar.surroundings.committee.members.length) as ReplicaIndex;
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
  act(liar) {
    const body = availabilityForgery(liar);
    if (body !== undefined) liar.toAll(FRAME.availability, body);
  },
};
