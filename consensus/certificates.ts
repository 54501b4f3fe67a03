import { concatBytes, uint32Bytes } from "../base/bytes.ts";
import { invariant } from "../base/assert.ts";
import { merkleRootOfPath } from "../base/merkle.ts";
import type { Hash, ReplicaIndex } from "../base/types.ts";
import { primaryOf, quorumOf, weakQuorumOf } from "./committee.ts";
import type { Committee } from "./committee.ts";
import type { ReceivedSigned, ReceivedVote } from "./replica/input.ts";
import {
  VOTE_ACKNOWLEDGEMENT,
  VOTE_COMMIT,
  VOTE_PRE_PREPARE,
  VOTE_PREPARE,
  statementCodec,
  voteCodec,
} from "./wire/certificate.ts";
import type {
  Certificate,
  PackedVote,
  Statement,
  StatementCertificate,
  Vote,
  VoteType,
} from "./wire/certificate.ts";

/** What a certificate is shown for. The votes inside must be of the types that this purpose wants. */
export type CertificatePurpose = "prepared" | "commit" | "acknowledgement";

/** What the one signature over many votes covers: how many leaves, and the root over them. */
export function votePackBody(leafCount: number, root: Hash): Uint8Array {
  return concatBytes(uint32Bytes(leafCount), root);
}

/** The vote that a packed vote of this certificate stands for: its leaf is rebuilt from it. */
export function voteOfCertificate(certificate: Certificate, type: VoteType): Vote {
  const { epoch, view, sequence, digest } = certificate;
  return { type, epoch, view, sequence, digest };
}

/** The root that the author signed, or undefined when the path does not fit. */
export function rootOfPackedVote(
  hash: (bytes: Uint8Array) => Hash,
  vote: Vote,
  packed: PackedVote,
): Hash | undefined {
  return merkleRootOfPath(hash, voteCodec.encode(vote), packed, packed.path);
}

/**
 * Everything about a certificate but its signatures; undefined: it is well formed.
 *
 * 1. Exactly Q votes, by strictly ascending authors who are members.
 * 2. Prepared: the pre-prepare of that view's primary, and prepares of others (the primary's
 *    pre-prepare counts as its prepare). Commit, acknowledgement: only votes of that type.
 * 3. An acknowledgement names no view and no sequence; the others name a sequence from 1.
 */
export function faultOfCertificate(
  committee: Committee,
  certificate: Certificate,
  purpose: CertificatePurpose,
): string | undefined {
  if (certificate.epoch !== committee.epoch) return "certificate of another epoch";
  if (certificate.votes.length !== quorumOf(committee)) return "certificate without a quorum";
  const placeless = certificate.view === 0 && certificate.sequence === 0;
  if (purpose === "acknowledgement" ? !placeless : certificate.sequence === 0) {
    return "certificate of another purpose";
  }
  let previous = -1;
  let prePrepareCount = 0;
  for (const { author, type } of certificate.votes) {
    if (author <= previous || author >= committee.members.length) return "certificate's authors";
    previous = author;
    if (type !== typeWanted(committee, certificate, author, purpose)) return "certificate's votes";
    if (type === VOTE_PRE_PREPARE) prePrepareCount++;
  }
  return purpose === "prepared" && prePrepareCount !== 1 ? "certificate's votes" : undefined;
}

function typeWanted(
  committee: Committee,
  certificate: Certificate,
  author: ReplicaIndex,
  purpose: CertificatePurpose,
): VoteType {
  if (purpose === "commit") return VOTE_COMMIT;
  if (purpose === "acknowledgement") return VOTE_ACKNOWLEDGEMENT;
  return author === primaryOf(committee, certificate.view) ? VOTE_PRE_PREPARE : VOTE_PREPARE;
}

/** Exactly Q of these votes, which must agree and be of distinct authors, as a certificate. */
export function assembleCertificate(
  committee: Committee,
  votes: readonly ReceivedVote[],
): Certificate {
  const first = votes[0]?.vote;
  const quorum = quorumOf(committee);
  invariant(first !== undefined && votes.length >= quorum, "a certificate has a quorum", {
    votes: votes.length,
    quorum,
  });
  const prePrepare = votes.filter(({ vote }) => vote.type === VOTE_PRE_PREPARE);
  const others = votes.filter(({ vote }) => vote.type !== VOTE_PRE_PREPARE);
  const chosen = [...prePrepare, ...others].slice(0, quorum).map(({ packed }) => packed);
  chosen.sort((left, right) => left.author - right.author);
  const { epoch, view, sequence, digest } = first;
  return { epoch, view, sequence, digest, votes: chosen };
}

/** One vote on its own, in the form that anybody can check: evidence is made of these. */
export function portableVote({ vote, packed }: ReceivedVote): Certificate {
  const { epoch, view, sequence, digest } = vote;
  return { epoch, view, sequence, digest, votes: [packed] };
}

/** Everything about a statement certificate but its signatures; undefined: it is well formed. */
export function faultOfStatementCertificate(
  committee: Committee,
  certificate: StatementCertificate,
  statement: Statement,
): string | undefined {
  if (statement.epoch !== committee.epoch) return "statement of another epoch";
  if (certificate.signatures.length !== quorumOf(committee)) return "statement without a quorum";
  let previous = -1;
  for (const { author } of certificate.signatures) {
    if (author <= previous || author >= committee.members.length) return "statement's authors";
    previous = author;
  }
  return undefined;
}

/** Exactly Q of these statements, which must be equal in bytes and of distinct authors. */
export function assembleStatementCertificate(
  committee: Committee,
  statements: readonly ReceivedSigned<Statement>[],
): StatementCertificate {
  return certificateOf(quorumOf(committee), statements);
}

/**
 * A weak certificate: exactly f+1 of these statements, equal in bytes and of distinct authors. One
 * of them is correct, so the statement is true; but no verifier takes it for a certificate of Q.
 */
export function assembleWeakCertificate(
  committee: Committee,
  statements: readonly ReceivedSigned<Statement>[],
): StatementCertificate {
  return certificateOf(weakQuorumOf(committee), statements);
}

/** Of an earlier epoch only the whole ones are ever held: how many that takes is its own affair. */
export function isWeakCertificate(
  committee: Committee,
  { statement, signatures }: StatementCertificate,
): boolean {
  const epoch = statementCodec.decode(statement).epoch;
  return epoch === committee.epoch && signatures.length < quorumOf(committee);
}

function certificateOf(
  count: number,
  statements: readonly ReceivedSigned<Statement>[],
): StatementCertificate {
  const chosen = statements.slice(0, count);
  const statement = chosen[0]?.signed.body;
  invariant(statement !== undefined && chosen.length === count, "enough equal statements", {
    statements: statements.length,
    count,
  });
  const signatures = chosen.map(({ author, signed }) => ({ author, signature: signed.signature }));
  signatures.sort((left, right) => left.author - right.author);
  return { statement, signatures };
}
