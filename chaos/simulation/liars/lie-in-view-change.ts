import { newViewCodec, viewChangeCodec } from "../../../consensus/wire/agreement.ts";
import type { NewView, ViewChange } from "../../../consensus/wire/agreement.ts";
import {
  SIGNED_NEW_VIEW,
  SIGNED_VIEW_CHANGE,
  VOTE_PREPARE,
  signedCodec,
} from "../../../consensus/wire/certificate.ts";
import type { Certificate } from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { nullBatchDigest } from "../../../consensus/null-batch.ts";
import { ownPackedVote } from "./forged-certificates.ts";
import type { Liar, Strategy } from "./liar.ts";

/**
 * Conceals what was prepared, shows old checkpoints, invents certificates, asks for views that
 * nobody wants; and as primary of a new view proposes what does not follow.
 */
export const lieInViewChange: Strategy = {
  name: "lie-in-view-change",
  send(frame, liar) {
    if (frame.kind !== FRAME.signed) return [frame];
    const signed = signedCodec.tryDecode(frame.body);
    if (signed === undefined || signed.author !== liar.index) return [frame];
    if (signed.type === SIGNED_VIEW_CHANGE) {
      const message = viewChangeCodec.tryDecode(signed.body);
      if (message === undefined) return [frame];
      const body = viewChangeCodec.encode(lyingViewChange(message, liar));
      return [{ ...frame, body: liar.signed(SIGNED_VIEW_CHANGE, body) }];
    }
    if (signed.type === SIGNED_NEW_VIEW) {
      const message = newViewCodec.tryDecode(signed.body);
      if (message === undefined || !liar.prng.chance(0.7)) return [frame];
      const body = newViewCodec.encode(lyingNewView(message, liar));
      return [{ ...frame, body: liar.signed(SIGNED_NEW_VIEW, body) }];
    }
    return [frame];
  },
  act(liar) {
    if (!liar.prng.chance(0.2)) return;
    const { epoch } = liar.committee;
    const newView = (liar.view + 1 + liar.prng.below(3)) as ViewChange["newView"];
    const body = viewChangeCodec.encode({ epoch, newView, stable: undefined, prepared: [] });
    liar.toAll(FRAME.signed, liar.signed(SIGNED_VIEW_CHANGE, body));
  },
};

function lyingViewChange(message: ViewChange, liar: Liar): ViewChange {
  const old = (liar.memory.get("old certificates") ?? []) as Certificate[];
  liar.memory.set("old certificates", old);
  for (const certificate of message.prepared) if (old.length < 64) old.push(certificate);
  switch (liar.prng.below(6)) {
    case 5:
      return { ...message, prepared: message.prepared.map((each) => repeatOwn(each, liar)) };
    case 0:
      return { ...message, prepared: [] };
    case 1:
      return { ...message, stable: undefined, prepared: [] };
    case 2:
      return { ...message, prepared: message.prepared.slice(0, -1) };
    case 3: {
      // Of the lowest view that it has seen, instead of the highest.
      const prepared = message.prepared.map(
        (each) => old.find(({ sequence }) => sequence === each.sequence) ?? each,
      );
      return { ...message, prepared };
    }
    default: {
      const prepared = message.prepared.map((each) => ({
        ...each,
        digest: liar.hash(each.digest),
      }));
      return { ...message, prepared };
    }
  }
}

/** The primary's pre-prepare, and for the quorum behind it its own prepare again and again. */
function repeatOwn(certificate: Certificate, liar: Liar): Certificate {
  const { epoch, view, sequence, digest, votes } = certificate;
  const own = ownPackedVote(liar, { type: VOTE_PREPARE, epoch, view, sequence, digest });
  return { ...certificate, votes: votes.map((each) => (each.type === VOTE_PREPARE ? own : each)) };
}

function lyingNewView(message: NewView, liar: Liar): NewView {
  const nothing = nullBatchDigest(liar.hash);
  const { reproposals, viewChanges } = message;
  switch (liar.prng.below(5)) {
    case 0:
      return { ...message, reproposals: [] };
    case 1:
      return { ...message, reproposals: reproposals.map((one) => ({ ...one, digest: nothing })) };
    case 2:
      return { ...message, reproposals: reproposals.slice(0, -1) };
    case 3: {
      const digest = liar.hash(nothing);
      return { ...message, reproposals: reproposals.map((one) => ({ ...one, digest })) };
    }
    default:
      return { ...message, viewChanges: viewChanges.slice(1) };
  }
}
