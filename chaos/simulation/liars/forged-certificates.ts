import { hlcNext } from "../../../base/hlc.ts";
import type { Hash, Sequence } from "../../../base/types.ts";
import { quorumOf } from "../../../consensus/committee.ts";
import { batchDigest } from "../../../consensus/hashing.ts";
import { batchCodec, committedCodec, stableCodec } from "../../../consensus/wire/agreement.ts";
import {
  SIGNED_STATEMENT,
  VOTE_ACKNOWLEDGEMENT,
  VOTE_COMMIT,
  certificateCodec,
  signedCodec,
  statementCodec,
  votePackCodec,
} from "../../../consensus/wire/certificate.ts";
import type {
  Certificate,
  PackedVote,
  StatementCertificate,
  Vote,
} from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { trueHlc } from "../world/simulated-clock.ts";
import type { Liar, Strategy } from "./liar.ts";

/**
 * One signer for a quorum: certificates in which all the votes are the liar's own, of a batch that
 * it made up and of a root that nobody came to. Whoever counts votes instead of voters takes them.
 */
export const standForMany: Strategy = {
  name: "stand-for-many",
  act(liar) {
    liar.toAll(FRAME.committed, committedForgery(liar));
    const stateRoot = liar.hash(liar.prng.bytes(8));
    const sequence = (liar.sequence + 1 + liar.prng.below(40)) as Sequence;
    const certificate = statementForgery(liar, sequence, stateRoot);
    if (liar.prng.chance(0.5)) liar.toAll(FRAME.stable, stableCodec.encode({ certificate }));
  },
};

/** A vote as it stands in a certificate, under a signature of the liar's own. */
export function ownPackedVote(liar: Liar, vote: Vote): PackedVote {
  const { signature } = votePackCodec.decode(liar.pack([vote]));
  const { type } = vote;
  return { author: liar.index, type, leafIndex: 0, leafCount: 1, path: [], signature };
}

/** Of the set that was last acknowledged. */
export function availabilityForgery(liar: Liar): Uint8Array | undefined {
  const digest = liar.memory.get("acknowledged") as Hash | undefined;
  if (digest === undefined) return undefined;
  const place = { view: 0, sequence: 0 } as Pick<Vote, "view" | "sequence">;
  const { epoch } = liar.committee;
  const vote: Vote = { type: VOTE_ACKNOWLEDGEMENT, epoch, ...place, digest };
  return certificateCodec.encode(certificateOf(liar, vote));
}

function committedForgery(liar: Liar): Uint8Array {
  const { committee } = liar;
  const { world } = liar.surroundings;
  const batch = batchCodec.encode({ proposedTime: hlcNext(trueHlc(world)), items: [] });
  const vote: Vote = {
    type: VOTE_COMMIT,
    epoch: committee.epoch,
    view: liar.view as Vote["view"],
    sequence: (liar.sequence + 1 + liar.prng.below(2)) as Sequence,
    digest: batchDigest(liar.hash, batch),
  };
  return committedCodec.encode({ commit: certificateOf(liar, vote), batch });
}

function certificateOf(liar: Liar, vote: Vote): Certificate {
  const { epoch, view, sequence, digest } = vote;
  const own = ownPackedVote(liar, vote);
  const votes = Array.from({ length: quorumOf(liar.committee) }, () => own);
  return { epoch, view, sequence, digest, votes };
}

function statementForgery(liar: Liar, sequence: Sequence, stateRoot: Hash): StatementCertificate {
  const { committee } = liar;
  const { world } = liar.surroundings;
  const agreedTime = hlcNext(trueHlc(world));
  const body = statementCodec.encode({ epoch: committee.epoch, sequence, stateRoot, agreedTime });
  const { signature } = signedCodec.decode(liar.signed(SIGNED_STATEMENT, body));
  const own = { author: liar.index, signature };
  return { statement: body, signatures: Array.from({ length: quorumOf(committee) }, () => own) };
}
