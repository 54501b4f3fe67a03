import type { Hash } from "../../../base/types.ts";
import { quorumOf } from "../../../consensus/committee.ts";
import {
  VOTE_ACKNOWLEDGEMENT,
  certificateCodec,
  votePackCodec,
} from "../../../consensus/wire/certificate.ts";
import type { Certificate, Vote } from "../../../consensus/wire/certificate.ts";
import type { Liar } from "./liar.ts";

/** Of the set that was last acknowledged: a certificate in which all the votes are the liar's own. */
export function availabilityForgery(liar: Liar): Uint8Array | undefined {
  const { committee } = liar.surroundings;
  const digest = liar.memory.get("acknowledged") as Hash | undefined;
  if (digest === undefined) return undefined;
  const place = { view: 0, sequence: 0 } as Pick<Vote, "view" | "sequence">;
  const vote: Vote = { type: VOTE_ACKNOWLEDGEMENT, epoch: committee.epoch, ...place, digest };
  const pack = votePackCodec.decode(liar.pack([vote]));
  const own = {
    author: liar.index,
    type: VOTE_ACKNOWLEDGEMENT,
    leafIndex: 0,
    leafCount: 1,
    path: [],
    signature: pack.signature,
  } as const;
  const votes = Array.from({ length: quorumOf(committee) }, () => own);
  const certificate: Certificate = { epoch: committee.epoch, ...place, digest, votes };
  return certificateCodec.encode(certificate);
}
