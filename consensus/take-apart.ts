import { HASH_SIZE } from "../base/types.ts";
import type { ReplicaIndex } from "../base/types.ts";
import { WINDOW_LENGTH } from "./limits.ts";
import { refuse, Refusal } from "./refusal.ts";
import type { Input, ReceivedNewView, ReceivedSigned } from "./replica/input.ts";
import { DOMAIN } from "./signing.ts";
import type { Domain } from "./signing.ts";
import { newViewCodec, viewChangeCodec } from "./wire/agreement.ts";
import { suspicionCodec } from "./wire/removal.ts";
import type { Suspicion } from "./wire/removal.ts";
import type { ViewChange } from "./wire/agreement.ts";
import {
  SIGNED_HEARTBEAT,
  SIGNED_NEW_VIEW,
  SIGNED_STATEMENT,
  SIGNED_SUSPICION,
  SIGNED_VIEW_CHANGE,
  VOTE_ACKNOWLEDGEMENT,
  heartbeatCodec,
  signedCodec,
  statementCodec,
  voteCodec,
  votePackCodec,
} from "./wire/certificate.ts";
import type {
  Heartbeat,
  Signed,
  SignedType,
  Statement,
  Vote,
  VotePack,
} from "./wire/certificate.ts";

/** Form without belief: everything here is decoded and shaped, and nothing is verified yet. */

export const DOMAIN_OF_SIGNED: Readonly<Record<SignedType, Domain>> = {
  [SIGNED_STATEMENT]: DOMAIN.statement,
  [SIGNED_HEARTBEAT]: DOMAIN.heartbeat,
  [SIGNED_VIEW_CHANGE]: DOMAIN.viewChange,
  [SIGNED_NEW_VIEW]: DOMAIN.newView,
  [SIGNED_SUSPICION]: DOMAIN.suspicion,
};

export type SignedInput = Extract<
  Input,
  { readonly type: "statement" | "heartbeat" | "view-change" | "new-view" | "suspicion" }
>;

export type SignedParts =
  | { readonly type: "statement"; readonly received: ReceivedSigned<Statement> }
  | { readonly type: "heartbeat"; readonly received: ReceivedSigned<Heartbeat> }
  | { readonly type: "view-change"; readonly received: ReceivedSigned<ViewChange> }
  | { readonly type: "new-view"; readonly received: ReceivedNewView }
  | { readonly type: "suspicion"; readonly received: ReceivedSigned<Suspicion> };

/** A pack's votes, as claimed by whoever sent it: enough to ask the replica whether it needs them. */
export interface PeekedVotes {
  readonly author: ReplicaIndex;
  readonly votes: readonly Vote[];
}

export interface PeekedPack extends PeekedVotes {
  readonly pack: VotePack;
}

/** Decodes a pack without verifying it, so that the host can put off what nobody waits for. */
export function peekVotePack(bytes: Uint8Array): PeekedPack | Refusal {
  const pack = votePackCodec.tryDecode(bytes);
  if (pack === undefined) return refuse("vote pack malformed");
  const votes = takeVotePackApart(pack);
  return votes instanceof Refusal ? votes : { author: pack.author, votes, pack };
}

function takeVotePackApart(pack: VotePack): readonly Vote[] | Refusal {
  if (pack.votes.length === 0) return refuse("vote pack empty");
  const votes: Vote[] = [];
  for (const leaf of pack.votes) {
    const vote = voteCodec.tryDecode(leaf);
    if (vote === undefined || !isWellFormed(vote)) return refuse("vote malformed");
    if (vote.epoch !== pack.epoch) return refuse("vote of another epoch than its pack");
    votes.push(vote);
  }
  return votes;
}

function isWellFormed(vote: Vote): boolean {
  if (vote.digest.length !== HASH_SIZE) return false;
  if (vote.type === VOTE_ACKNOWLEDGEMENT) return vote.view === 0 && vote.sequence === 0;
  return vote.type >= 1 && vote.sequence >= 1;
}

/** Decodes what somebody signed without verifying it. */
export function peekSigned(bytes: Uint8Array): SignedParts | Refusal {
  const signed = signedCodec.tryDecode(bytes);
  return signed === undefined ? refuse("signed malformed") : takeSignedApart(signed);
}

export function takeSignedApart(signed: Signed): SignedParts | Refusal {
  const { author, body, epoch } = signed;
  switch (signed.type) {
    case SIGNED_STATEMENT: {
      const message = statementCodec.tryDecode(body);
      if (message?.epoch !== epoch) return refuse("statement malformed");
      return { type: "statement", received: { author, message, signed } };
    }
    case SIGNED_HEARTBEAT: {
      const message = heartbeatCodec.tryDecode(body);
      const nonceSize = message?.nonce.length;
      if (message?.epoch !== epoch || (nonceSize !== 0 && nonceSize !== HASH_SIZE)) {
        return refuse("heartbeat malformed");
      }
      return { type: "heartbeat", received: { author, message, signed } };
    }
    case SIGNED_VIEW_CHANGE:
      return takeViewChangeApart(signed);
    case SIGNED_NEW_VIEW:
      return takeNewViewApart(signed);
    case SIGNED_SUSPICION: {
      const message = suspicionCodec.tryDecode(body);
      if (message?.epoch !== epoch || !isAscending(message.members)) {
        return refuse("suspicion malformed");
      }
      return { type: "suspicion", received: { author, message, signed } };
    }
    default:
      return refuse("signed of an unknown type");
  }
}

/** Each member once, and at least one. */
export function isAscending(members: Uint8Array): boolean {
  return (
    members.length > 0 && members.every((at, place) => place === 0 || members[place - 1]! < at)
  );
}

/**
 * 1. The certificates stand above the stable checkpoint, at most a window's length, ascending.
 * 2. Each is of a view before the new one: what it reports has happened already.
 * 3. The checkpoint is of the epoch itself, or of the one before: then it is the root that the
 *    epoch began with, which the verifier holds it to.
 */
function takeViewChangeApart(signed: Signed): SignedParts | Refusal {
  const message = viewChangeCodec.tryDecode(signed.body);
  if (message?.epoch !== signed.epoch || message.newView === 0) {
    return refuse("view-change malformed");
  }
  const stable = message.stable && statementCodec.tryDecode(message.stable.statement);
  if (message.stable !== undefined) {
    const age = stable === undefined ? Number.NaN : signed.epoch - stable.epoch;
    if (age !== 0 && age !== 1) return refuse("view-change's checkpoint");
  }
  const low = stable?.sequence ?? 0;
  let previous: number = low;
  for (const { epoch, view, sequence } of message.prepared) {
    if (epoch !== signed.epoch || view >= message.newView) return refuse("view-change's views");
    if (sequence <= previous || sequence > low + WINDOW_LENGTH) {
      return refuse("view-change's sequences");
    }
    previous = sequence;
  }
  return { type: "view-change", received: { author: signed.author, message, signed } };
}

/** The Q view-changes are of distinct authors, ascending, and all for this view. */
function takeNewViewApart(signed: Signed): SignedParts | Refusal {
  const message = newViewCodec.tryDecode(signed.body);
  if (message?.epoch !== signed.epoch || message.view === 0) return refuse("new-view malformed");
  const viewChanges: ReceivedSigned<ViewChange>[] = [];
  let previous = -1;
  for (const inner of message.viewChanges) {
    if (inner.epoch !== signed.epoch || inner.author <= previous)
      return refuse("new-view's authors");
    previous = inner.author;
    if (inner.type !== SIGNED_VIEW_CHANGE) return refuse("new-view's view-changes");
    const parts = takeViewChangeApart(inner);
    if (parts instanceof Refusal) return parts;
    if (parts.type !== "view-change" || parts.received.message.newView !== message.view) {
      return refuse("new-view's view-changes");
    }
    viewChanges.push(parts.received);
  }
  const received = { author: signed.author, message, signed, viewChanges };
  return { type: "new-view", received };
}
