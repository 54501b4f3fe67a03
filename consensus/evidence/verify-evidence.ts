import { assertUnreachable } from "../../base/assert.ts";
import { compareBytes, equalBytes } from "../../base/bytes.ts";
import type { Epoch, ReplicaIndex, Sequence } from "../../base/types.ts";
import {
  faultOfCertificate,
  rootOfPackedVote,
  votePackBody,
  voteOfCertificate,
} from "../certificates.ts";
import type { CertificatePurpose } from "../certificates.ts";
import { memberKey } from "../committee.ts";
import type { Committee } from "../committee.ts";
import type { Crypto } from "../crypto.ts";
import { DOMAIN, signingBytes } from "../signing.ts";
import type { Domain } from "../signing.ts";
import { provenStatement } from "../statement-certificate.ts";
import {
  certificateCodec,
  SIGNED_STATEMENT,
  signedCodec,
  statementCertificateCodec,
  statementCodec,
  VOTE_ACKNOWLEDGEMENT,
} from "../wire/certificate.ts";
import type { Certificate, PackedVote, Signed, Statement } from "../wire/certificate.ts";
import type { Codec } from "../wire/codec.ts";
import {
  EVIDENCE_CERTIFIED,
  EVIDENCE_COMMITTED,
  EVIDENCE_FORMAT,
  EVIDENCE_PREPARED,
  EVIDENCE_STATEMENTS,
  EVIDENCE_VOTES,
  evidenceCodec,
} from "../wire/evidence.ts";
import type { Evidence } from "../wire/evidence.ts";

/** Why a file proves nothing. Stable: people match on it. */
export type EvidenceRefusal =
  | "EVIDENCE_MALFORMED"
  | "EVIDENCE_WRONG_CLUSTER"
  | "EVIDENCE_EPOCH_UNKNOWN"
  | "EVIDENCE_SIGNATURE_INVALID"
  | "EVIDENCE_NO_CONTRADICTION";

export type EvidenceVerdict =
  | {
      readonly valid: true;
      readonly kind: Evidence["kind"];
      /**
       * Who signed both, ascending. Of certificates at least f+1, or nobody: commit certificates of
       * two views prove that more than f lied, and not who.
       */
      readonly accused: readonly ReplicaIndex[];
      /** "two prepares in epoch 0, view 3, sequence 17": for people. */
      readonly what: string;
      readonly epoch: Epoch;
      readonly sequence: Sequence;
    }
  | { readonly valid: false; readonly code: EvidenceRefusal; readonly reason: string };

type Valid = Extract<EvidenceVerdict, { readonly valid: true }>;

/**
 * Whether a file proves a contradiction (R13), by nothing but the committee that
 * `cluster.json` names. Offline, pure; never throws.
 *
 * Different content for: two votes of one type and author in one (epoch, view, sequence); two
 * prepared certificates of one (epoch, view, sequence); two commit certificates, two statements of
 * one author or two statement certificates of one (epoch, sequence), whatever the view. Never
 * votes or prepared certificates of different views, and never acknowledgements, for those are what
 * correct replicas sign.
 */
export function verifyEvidence(
  crypto: Crypto,
  committee: Committee,
  bytes: Uint8Array,
): EvidenceVerdict {
  const evidence = evidenceCodec.tryDecode(bytes);
  if (evidence?.format !== EVIDENCE_FORMAT || compareBytes(evidence.first, evidence.second) >= 0) {
    return refused("EVIDENCE_MALFORMED", "it is no evidence of format 1, or it is damaged");
  }
  if (!equalBytes(evidence.clusterId, committee.clusterId)) {
    return refused("EVIDENCE_WRONG_CLUSTER", "it is about another cluster");
  }
  const judge = new Judge(crypto, committee);
  switch (evidence.kind) {
    case EVIDENCE_VOTES:
      return judge.votes(evidence);
    case EVIDENCE_STATEMENTS:
      return judge.statements(evidence);
    case EVIDENCE_PREPARED:
      return judge.certificates(evidence, "prepared");
    case EVIDENCE_COMMITTED:
      return judge.certificates(evidence, "commit");
    case EVIDENCE_CERTIFIED:
      return judge.statementCertificates(evidence);
    default:
      return evidence.kind < EVIDENCE_VOTES
        ? refused("EVIDENCE_MALFORMED", "it is of no kind")
        : assertUnreachable(evidence.kind);
  }
}

class Judge {
  readonly #crypto: Crypto;
  readonly #committee: Committee;

  constructor(crypto: Crypto, committee: Committee) {
    this.#crypto = crypto;
    this.#committee = committee;
  }

  votes(evidence: Evidence): EvidenceVerdict {
    const [first, second] = decodeBoth(evidence, certificateCodec);
    const [one, other] = [first?.votes[0], second?.votes[0]];
    if (!first || !second || !one || !other || first.votes.length + second.votes.length !== 2) {
      return malformed;
    }
    if (one.author !== other.author) return innocent("the votes are of two authors");
    if (one.type !== other.type) return innocent("the votes are of two types");
    if (one.type === VOTE_ACKNOWLEDGEMENT) return innocent("acknowledgements contradict nothing");
    const reason = differentPlace(first, second) ?? sameDigest(first, second);
    if (reason !== undefined) return innocent(reason);
    const fault = this.#faultOfVote(first, one) ?? this.#faultOfVote(second, other);
    if (fault !== undefined) return fault;
    const name = ["", "pre-prepares", "prepares", "commits"][one.type] ?? "votes";
    return convicted(evidence, first, [one.author], `two ${name} in ${place(first)}`);
  }

  statements(evidence: Evidence): EvidenceVerdict {
    const [first, second] = decodeBoth(evidence, signedCodec);
    const one = first && statementOf(first);
    const other = second && statementOf(second);
    if (!first || !second || !one || !other) return malformed;
    if (first.author !== second.author) return innocent("the statements are of two authors");
    if (one.epoch !== other.epoch || one.sequence !== other.sequence) {
      return innocent("the statements are of two sequences");
    }
    if (equalBytes(first.body, second.body)) return innocent("the statements are equal");
    const fault = this.#faultOfStatement(first) ?? this.#faultOfStatement(second);
    if (fault !== undefined) return fault;
    const what = `two statements in epoch ${one.epoch}, sequence ${one.sequence}`;
    return convicted(evidence, one, [first.author], what);
  }

  certificates(evidence: Evidence, purpose: CertificatePurpose): EvidenceVerdict {
    const [first, second] = decodeBoth(evidence, certificateCodec);
    if (!first || !second) return malformed;
    const reason =
      purpose === "prepared"
        ? differentPlace(first, second)
        : first.epoch !== second.epoch || first.sequence !== second.sequence
          ? "the certificates are of two sequences"
          : undefined;
    const equal = reason ?? sameDigest(first, second);
    if (equal !== undefined) return innocent(equal);
    const fault =
      this.#faultOfCertificate(first, purpose) ?? this.#faultOfCertificate(second, purpose);
    if (fault !== undefined) return fault;
    // The same author in two views may have voted as the protocol says.
    const accused = first.view === second.view ? common(first.votes, second.votes) : [];
    const name = purpose === "prepared" ? "prepared" : "commit";
    const where =
      first.view === second.view
        ? place(first)
        : `epoch ${first.epoch}, views ${first.view} and ${second.view}, sequence ${first.sequence}`;
    return convicted(evidence, first, accused, `two ${name} certificates in ${where}`);
  }

  statementCertificates(evidence: Evidence): EvidenceVerdict {
    const [first, second] = decodeBoth(evidence, statementCertificateCodec);
    const one = first && statementCodec.tryDecode(first.statement);
    const other = second && statementCodec.tryDecode(second.statement);
    if (!first || !second || !one || !other) return malformed;
    if (one.epoch !== this.#committee.epoch || other.epoch !== this.#committee.epoch) {
      return unknownEpoch;
    }
    if (one.sequence !== other.sequence) return innocent("the certificates are of two sequences");
    if (equalBytes(first.statement, second.statement)) return innocent("the statements are equal");
    for (const certificate of [first, second]) {
      if (provenStatement(this.#crypto, this.#committee, certificate) === undefined) {
        return refused("EVIDENCE_SIGNATURE_INVALID", "a statement certificate does not hold");
      }
    }
    const what = `two statement certificates in epoch ${one.epoch}, sequence ${one.sequence}`;
    return convicted(evidence, one, common(first.signatures, second.signatures), what);
  }

  #faultOfCertificate(
    certificate: Certificate,
    purpose: CertificatePurpose,
  ): EvidenceVerdict | undefined {
    if (certificate.epoch !== this.#committee.epoch) return unknownEpoch;
    const fault = faultOfCertificate(this.#committee, certificate, purpose);
    if (fault !== undefined) return refused("EVIDENCE_MALFORMED", fault);
    return certificate.votes
      .map((packed) => this.#faultOfVote(certificate, packed))
      .find((found) => found !== undefined);
  }

  #faultOfVote(certificate: Certificate, packed: PackedVote): EvidenceVerdict | undefined {
    const vote = voteOfCertificate(certificate, packed.type);
    const root = rootOfPackedVote(this.#crypto.hash, vote, packed);
    if (root === undefined) return refused("EVIDENCE_MALFORMED", "a vote's path does not fit");
    const body = votePackBody(packed.leafCount, root);
    return this.#faultOfSignature(vote.epoch, DOMAIN.votePack, { ...packed, body });
  }

  #faultOfStatement({ author, epoch, body, signature }: Signed): EvidenceVerdict | undefined {
    return this.#faultOfSignature(epoch, DOMAIN.statement, { author, body, signature });
  }

  #faultOfSignature(
    epoch: Epoch,
    domain: Domain,
    { author, body, signature }: Pick<Signed, "author" | "body" | "signature">,
  ): EvidenceVerdict | undefined {
    if (epoch !== this.#committee.epoch) return unknownEpoch;
    const key = memberKey(this.#committee, author);
    const message = signingBytes(domain, this.#committee.clusterId, epoch, body);
    if (key !== undefined && this.#crypto.verify(key, message, signature)) return undefined;
    return refused("EVIDENCE_SIGNATURE_INVALID", `replica ${author} has not signed this`);
  }
}

const malformed = refused("EVIDENCE_MALFORMED", "its parts are not what its kind says");
const unknownEpoch = refused("EVIDENCE_EPOCH_UNKNOWN", "it is of an epoch after genesis");

function decodeBoth<T>(
  { first, second }: Evidence,
  codec: Codec<T>,
): readonly [T | undefined, T | undefined] {
  return [codec.tryDecode(first), codec.tryDecode(second)];
}

function statementOf(signed: Signed): Statement | undefined {
  const statement = statementCodec.tryDecode(signed.body);
  const fits = signed.type === SIGNED_STATEMENT && statement?.epoch === signed.epoch;
  return fits ? statement : undefined;
}

function differentPlace(first: Certificate, second: Certificate): string | undefined {
  const { epoch, view, sequence } = first;
  if (epoch !== second.epoch || sequence !== second.sequence) return "they are of two sequences";
  return view === second.view ? undefined : "they are of two views, which contradicts nothing";
}

function sameDigest(first: Certificate, second: Certificate): string | undefined {
  return equalBytes(first.digest, second.digest) ? "both say the same" : undefined;
}

function common(
  first: readonly { readonly author: ReplicaIndex }[],
  second: readonly { readonly author: ReplicaIndex }[],
): readonly ReplicaIndex[] {
  const others = new Set(second.map(({ author }) => author));
  return first.map(({ author }) => author).filter((author) => others.has(author));
}

function place({ epoch, view, sequence }: Certificate): string {
  return `epoch ${epoch}, view ${view}, sequence ${sequence}`;
}

function convicted(
  { kind }: Evidence,
  { epoch, sequence }: { readonly epoch: Epoch; readonly sequence: Sequence },
  accused: readonly ReplicaIndex[],
  what: string,
): Valid {
  return { valid: true, kind, accused, what, epoch, sequence };
}

function innocent(reason: string): EvidenceVerdict {
  return refused("EVIDENCE_NO_CONTRADICTION", reason);
}

function refused(
  code: EvidenceRefusal,
  reason: string,
): Extract<EvidenceVerdict, { readonly valid: false }> {
  return { valid: false, code, reason };
}
