import { concatBytes, toHex, uint32Bytes } from "../../../base/bytes.ts";
import { merkleRootOfPath } from "../../../base/merkle.ts";
import type { Committee } from "../../../consensus/committee.ts";
import type { Crypto } from "../../../consensus/crypto.ts";
import { statementCodec, voteCodec } from "../../../consensus/wire/certificate.ts";
import type { Certificate, StatementCertificate } from "../../../consensus/wire/certificate.ts";
import { utf8, uint64Bytes } from "../../../base/bytes.ts";

/**
 * The verdict on a certificate, written a second time and as plainly as can be: it shares no
 * arithmetic of quorums, no domain and no loop with the verifier that it stands beside.
 */
const PRE_PREPARE = 1;
const PREPARE = 2;
const COMMIT = 3;

/** ⌈(n+f+1)/2⌉, counted up instead of divided: the smallest q with 2q − n ≥ f + 1. */
export function plainQuorum({ members, faultyMax }: Committee): number {
  let quorum = 0;
  while (2 * quorum - members.length < faultyMax + 1) quorum++;
  return quorum;
}

export function faultOfVotes(
  committee: Committee,
  crypto: Crypto,
  certificate: Certificate,
  purpose: "prepared" | "commit",
): string | undefined {
  const authors = new Set<number>();
  let prePrepareCount = 0;
  for (const packed of certificate.votes) {
    const { author, type } = packed;
    const { epoch, view, sequence, digest } = certificate;
    const leaf = voteCodec.encode({ type, epoch, view, sequence, digest });
    const root = merkleRootOfPath(crypto.hash, leaf, packed, packed.path);
    const member = committee.members[author];
    if (root === undefined || member === undefined) return "a vote that leads to no root";
    const body = concatBytes(uint32Bytes(packed.leafCount), root);
    const message = plainSigningBytes(1, committee, body);
    if (!crypto.verify(member.publicKey, message, packed.signature)) return "a bad signature";
    const isPrimary = view % committee.members.length === author;
    if (purpose === "commit" && type !== COMMIT) return "a vote that is no commit";
    if (purpose === "prepared" && type === PRE_PREPARE && isPrimary) prePrepareCount++;
    else if (purpose === "prepared" && (type !== PREPARE || isPrimary)) return "no prepare";
    authors.add(author);
  }
  if (certificate.epoch !== committee.epoch) return "another epoch";
  if (purpose === "prepared" && prePrepareCount !== 1) return "no pre-prepare";
  if (authors.size < plainQuorum(committee)) return `only ${authors.size} authors`;
  return undefined;
}

/** f+1 may vouch for what a transfer brings; whatever is shown to anybody has a quorum. */
export function faultOfStatements(
  committee: Committee,
  crypto: Crypto,
  certificate: StatementCertificate,
  authorCountMin = plainQuorum(committee),
): string | undefined {
  const authors = new Set<number>();
  const message = plainSigningBytes(2, committee, certificate.statement);
  for (const { author, signature } of certificate.signatures) {
    const member = committee.members[author];
    if (member === undefined || !crypto.verify(member.publicKey, message, signature)) {
      return "a bad signature";
    }
    authors.add(author);
  }
  if (statementCodec.decode(certificate.statement).epoch !== committee.epoch) return "epoch";
  if (authors.size < authorCountMin) return `only ${authors.size} authors`;
  return undefined;
}

export function plainSigningBytes(
  domain: number,
  { clusterId, epoch }: Committee,
  body: Uint8Array,
): Uint8Array {
  const tag = utf8("quorate/1\0");
  return concatBytes(tag, clusterId, uint64Bytes(epoch), uint32Bytes(domain), body);
}

export function certificateName(certificate: Certificate): string {
  const { view, sequence, digest } = certificate;
  return `${view}/${sequence}/${toHex(digest)}`;
}
