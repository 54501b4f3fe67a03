import type { Signature } from "../../../base/types.ts";
import {
  committedCodec,
  newViewCodec,
  stableCodec,
  viewChangeCodec,
} from "../../../consensus/wire/agreement.ts";
import type { NewView, ViewChange } from "../../../consensus/wire/agreement.ts";
import {
  SIGNED_NEW_VIEW,
  SIGNED_VIEW_CHANGE,
  signedCodec,
} from "../../../consensus/wire/certificate.ts";
import type { Certificate, StatementCertificate } from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { Liar, Strategy } from "./liar.ts";

/**
 * Passes on what others signed, true to the letter, but for one byte of each signature. Who has
 * seen the content before must still look at the signature that it is shown now.
 */
export const damageSignatures: Strategy = {
  name: "damage-signatures",
  send(frame, liar) {
    if (!liar.prng.chance(0.7)) return [frame];
    const body = damaged(frame.kind, frame.body, liar);
    return [body === undefined ? frame : { ...frame, body }];
  },
};

function damaged(kind: number, body: Uint8Array, liar: Liar): Uint8Array | undefined {
  if (kind === FRAME.signed) return damagedOwn(body, liar);
  if (kind === FRAME.stable) {
    const stable = stableCodec.tryDecode(body);
    return stable && stableCodec.encode({ certificate: ofStatement(stable.certificate, liar) });
  }
  if (kind === FRAME.committed) {
    const committed = committedCodec.tryDecode(body);
    const commit = committed && ofVotes(committed.commit, liar);
    return commit && committedCodec.encode({ ...committed, commit });
  }
  return undefined;
}

/** Its view-change with everybody's votes inside, or as primary its new-view. */
function damagedOwn(body: Uint8Array, liar: Liar): Uint8Array | undefined {
  const signed = signedCodec.tryDecode(body);
  if (signed === undefined || signed.author !== liar.index) return undefined;
  if (signed.type === SIGNED_VIEW_CHANGE) {
    const message = viewChangeCodec.tryDecode(signed.body);
    if (message === undefined) return undefined;
    return liar.signed(SIGNED_VIEW_CHANGE, viewChangeCodec.encode(ofViewChange(message, liar)));
  }
  if (signed.type === SIGNED_NEW_VIEW) {
    const message = newViewCodec.tryDecode(signed.body);
    if (message === undefined) return undefined;
    return liar.signed(SIGNED_NEW_VIEW, newViewCodec.encode(ofNewView(message, liar)));
  }
  return undefined;
}

function ofViewChange(message: ViewChange, liar: Liar): ViewChange {
  const stable = message.stable && ofStatement(message.stable, liar);
  return { ...message, stable, prepared: message.prepared.map((each) => ofVotes(each, liar)) };
}

function ofNewView(message: NewView, liar: Liar): NewView {
  const viewChanges = message.viewChanges.map((each) => spoil(each, liar));
  return { ...message, viewChanges };
}

function ofVotes(certificate: Certificate, liar: Liar): Certificate {
  return { ...certificate, votes: certificate.votes.map((each) => spoil(each, liar)) };
}

function ofStatement(certificate: StatementCertificate, liar: Liar): StatementCertificate {
  const signatures = certificate.signatures.map((each) => spoil(each, liar));
  return { ...certificate, signatures };
}

function spoil<T extends { readonly author: number; readonly signature: Signature }>(
  each: T,
  liar: Liar,
): T {
  if (each.author === liar.index) return each;
  const signature = each.signature.slice() as Signature;
  const at = liar.prng.below(signature.length);
  signature[at] = (signature[at] as number) ^ 1;
  return { ...each, signature };
}
