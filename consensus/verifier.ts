import { assertUnreachable } from "../base/assert.ts";
import { equalBytes } from "../base/bytes.ts";
import { merkleLevels, merklePath } from "../base/merkle.ts";
import type { Epoch, Hash, Hlc, ReplicaIndex, Sequence, Signature } from "../base/types.ts";
import {
  faultOfCertificate,
  faultOfStatementCertificate,
  rootOfPackedVote,
  voteOfCertificate,
  votePackBody,
} from "./certificates.ts";
import type { CertificatePurpose } from "./certificates.ts";
import { checkBatch } from "./check-batch.ts";
import { faultOfInlineValues, takeWriteSetApart } from "./check-write-set.ts";
import type { SemanticDigestOf } from "./check-write-set.ts";
import type { CheckedBatch, CheckedRemoval, CheckedWriteSet } from "./checked.ts";
import { memberKey, primaryOf, quorumOf } from "./committee.ts";
import type { Committee } from "./committee.ts";
import type { Crypto } from "./crypto.ts";
import { batchDigest } from "./hashing.ts";
import { isWithinEpoch } from "./epochs/epoch-boundary.ts";
import { faultOfRemoval, takeRemovalApart } from "./epochs/removal.ts";
import { keyText } from "./map/key-text.ts";
import { Memo } from "./memo.ts";
import { BATCH_BYTES_MAX } from "./limits.ts";
import { refuse, Refusal } from "./refusal.ts";
import type { ReceivedVote } from "./replica/input.ts";
import { DOMAIN_OF_SIGNED, peekSigned, peekVotePack, takeSignedApart } from "./take-apart.ts";
import type { PeekedPack, SignedInput, SignedParts } from "./take-apart.ts";
import { DOMAIN, signingBytes } from "./signing.ts";
import type { Domain } from "./signing.ts";
import type { Verified } from "./verified.ts";
import { batchCodec, committedCodec } from "./wire/agreement.ts";
import type { ViewChange } from "./wire/agreement.ts";
import type { Removal } from "./wire/removal.ts";
import {
  VOTE_PRE_PREPARE,
  certificateCodec,
  signedCodec,
  statementCertificateCodec,
  statementCodec,
  voteCodec,
  votePackCodec,
} from "./wire/certificate.ts";
import type { Certificate, SignedType, StatementCertificate, Vote } from "./wire/certificate.ts";

export interface VerifierOptions {
  /** Undefined: the epoch is unknown, and nothing of it is believed. */
  readonly committeeOf: (epoch: Epoch) => Committee | undefined;
  /** The last sequence of an epoch that is over. Absent: none is. */
  readonly endOf?: (epoch: Epoch) => Sequence | undefined;
  readonly crypto: Crypto;
  /** Absent: inline values are refused, because nobody can recompute what they claim. */
  readonly semanticDigestOf?: SemanticDigestOf;
}

export type Sign = (message: Uint8Array) => Signature;

/** Signatures remembered of each author: a full window of votes and statements of every kind. */
const SIGNATURES_PER_AUTHOR_MAX = 4096;
/**
 * Whole write sets and batches remembered, bytes: a pipeline of the largest, for what is sent
 * twice. More would only be objects that the garbage collector moves about.
 */
const WRITE_SET_MEMO_BYTES_MAX = 4 * BATCH_BYTES_MAX;
const BATCH_MEMO_BYTES_MAX = 4 * BATCH_BYTES_MAX;

/**
 * The only constructor of `Verified`: the door between the network and the state machine.
 *
 * 1. What costs little is checked first: size, form, membership, and only then signatures.
 * 2. Nothing is verified twice. A signature is remembered by author, domain and hash of the signed
 *    content, and believed again only if the very same signature is shown: another valid signature
 *    of the same content is verified on its own, an invalid one finds no shelter. Each author has
 *    his own memory, so no member can push out what another has signed.
 * 3. Whatever the state machine will use later is verified here: a view-change with its
 *    certificates, a new-view with its view-changes.
 */
export class Verifier {
  readonly #options: VerifierOptions;
  readonly #signatures = new Map<ReplicaIndex, Memo<Signature>>();
  readonly #writeSets = new Memo<Verified<CheckedWriteSet>>(WRITE_SET_MEMO_BYTES_MAX);
  readonly #batches = new Memo<Verified<CheckedBatch>>(BATCH_MEMO_BYTES_MAX);
  /** Signatures that were really computed, for metrics and for the tests of the memory. */
  signatureCount = 0;

  constructor(options: VerifierOptions) {
    this.#options = options;
  }

  /** Form alone, for whoever decides whether a signature is worth verifying. */
  peekVotePack(bytes: Uint8Array): PeekedPack | Refusal {
    return peekVotePack(bytes);
  }

  peekSigned(bytes: Uint8Array): SignedParts | Refusal {
    return peekSigned(bytes);
  }

  votePack(bytes: Uint8Array): readonly Verified<ReceivedVote>[] | Refusal {
    const peeked = this.peekVotePack(bytes);
    return peeked instanceof Refusal ? peeked : this.peekedVotePack(peeked);
  }

  peekedVotePack({ pack, votes }: PeekedPack): readonly Verified<ReceivedVote>[] | Refusal {
    const { author, epoch, signature } = pack;
    const { hash } = this.#options.crypto;
    const levels = merkleLevels(hash, pack.votes);
    const body = votePackBody(pack.votes.length, levels[levels.length - 1]?.[0] as Hash);
    if (!this.#isSigned(author, epoch, { domain: DOMAIN.votePack, body }, signature)) {
      return refuse("vote pack's signature");
    }
    return receivedVotes(author, votes, levels, signature);
  }

  /** A statement, heartbeat, view-change, new-view or suspicion, as the replica's input. */
  signed(bytes: Uint8Array): SignedInput | Refusal {
    const parts = this.peekSigned(bytes);
    return parts instanceof Refusal ? parts : this.peekedSigned(parts);
  }

  peekedSigned(parts: SignedParts): SignedInput | Refusal {
    return this.#faultOfSigned(parts) ?? asInput(parts);
  }

  writeSet(bytes: Uint8Array): Verified<CheckedWriteSet> | Refusal {
    const name = keyText(this.#options.crypto.hash(bytes));
    const known = this.#writeSets.get(name);
    if (known !== undefined) return known;
    const verified = this.#checkWriteSet(bytes);
    if (!(verified instanceof Refusal)) this.#writeSets.set(name, verified, bytes.length);
    return verified;
  }

  /** It lies in the batch's bytes: remembered by itself it would keep the whole batch alive. */
  #writeSetOfBatch(bytes: Uint8Array): Verified<CheckedWriteSet> | Refusal {
    if (this.#writeSets.weight === 0) return this.#checkWriteSet(bytes);
    return (
      this.#writeSets.get(keyText(this.#options.crypto.hash(bytes))) ?? this.#checkWriteSet(bytes)
    );
  }

  #checkWriteSet(bytes: Uint8Array): Verified<CheckedWriteSet> | Refusal {
    const { hash, verify } = this.#options.crypto;
    const writeSet = takeWriteSetApart(hash, bytes);
    if (writeSet instanceof Refusal) return writeSet;
    const { header, wire } = writeSet;
    const committee = this.#options.committeeOf(header.epoch);
    if (committee === undefined) return refuse("write set of an unknown epoch");
    const message = signingBytes(DOMAIN.writeSet, committee.clusterId, header.epoch, wire.header);
    this.signatureCount++;
    if (!verify(header.writer, message, wire.signature)) return refuse("write set's signature");
    const fault = faultOfInlineValues(hash, this.#options.semanticDigestOf, writeSet);
    if (fault !== undefined) return refuse(fault);
    return writeSet as Verified<CheckedWriteSet>;
  }

  /** An encoded batch; zero bytes are the null request. */
  batch(bytes: Uint8Array): Verified<CheckedBatch> | Refusal {
    const { hash } = this.#options.crypto;
    const name = keyText(batchDigest(hash, bytes));
    const known = this.#batches.get(name);
    if (known !== undefined) return known;
    const checked = checkBatch(
      {
        hash,
        writeSet: (writeSet) => this.#writeSetOfBatch(writeSet),
        acknowledgements: (certificate) => {
          const verified = this.certificate(certificate, "acknowledgement");
          return verified instanceof Refusal ? verified : undefined;
        },
        removal: (removal) => this.removal(removal),
      },
      bytes,
    );
    if (checked instanceof Refusal) return checked;
    this.#batches.set(name, checked as Verified<CheckedBatch>, bytes.length);
    return checked as Verified<CheckedBatch>;
  }

  certificate(
    certificate: Certificate,
    purpose: CertificatePurpose,
  ): Verified<Certificate> | Refusal {
    const committee = this.#options.committeeOf(certificate.epoch);
    if (committee === undefined) return refuse("certificate of an unknown epoch");
    const fault = faultOfCertificate(committee, certificate, purpose);
    if (fault !== undefined) return refuse(fault);
    if (purpose !== "acknowledgement" && this.#isOutside(certificate)) {
      return refuse("certificate outside its epoch");
    }
    for (const packed of certificate.votes) {
      const vote = voteOfCertificate(certificate, packed.type);
      const root = rootOfPackedVote(this.#options.crypto.hash, vote, packed);
      if (root === undefined) return refuse("certificate's path");
      const signed = { domain: DOMAIN.votePack, body: votePackBody(packed.leafCount, root) };
      if (!this.#isSigned(packed.author, certificate.epoch, signed, packed.signature)) {
        return refuse("certificate's signature");
      }
    }
    return certificate as Verified<Certificate>;
  }

  /** What a proposal carries to let silent members go (L139). */
  removal(removal: Removal): CheckedRemoval | Refusal {
    const parts = takeRemovalApart(removal);
    if (parts instanceof Refusal) return parts;
    const committee = this.#options.committeeOf(parts.checked.epoch);
    if (committee === undefined) return refuse("removal of an unknown epoch");
    const fault = faultOfRemoval(committee, parts);
    if (fault !== undefined) return refuse(fault);
    for (const received of parts.suspicions) {
      const unsigned = this.#faultOfSigned({ type: "suspicion", received });
      if (unsigned !== undefined) return unsigned;
    }
    return parts.checked;
  }

  /** The `availability` frame: an encoded certificate of acknowledgements. */
  availability(bytes: Uint8Array): Verified<Certificate> | Refusal {
    const certificate = certificateCodec.tryDecode(bytes);
    if (certificate === undefined) return refuse("certificate malformed");
    return this.certificate(certificate, "acknowledgement");
  }

  /** The `proposal` frame: a pre-prepare of its view's primary on its own. */
  proposal(bytes: Uint8Array): Verified<ReceivedVote> | Refusal {
    const certificate = certificateCodec.tryDecode(bytes);
    const packed = certificate?.votes[0];
    if (packed === undefined || certificate?.votes.length !== 1)
      return refuse("proposal malformed");
    const committee = this.#options.committeeOf(certificate.epoch);
    if (committee === undefined) return refuse("proposal of an unknown epoch");
    const { author, type, leafCount, signature } = packed;
    const isPrimarys = author === primaryOf(committee, certificate.view);
    if (type !== VOTE_PRE_PREPARE || !isPrimarys) return refuse("proposal not by the primary");
    const vote = voteOfCertificate(certificate, type);
    const root = rootOfPackedVote(this.#options.crypto.hash, vote, packed);
    if (root === undefined) return refuse("proposal's path");
    const signed = { domain: DOMAIN.votePack, body: votePackBody(leafCount, root) };
    if (!this.#isSigned(author, certificate.epoch, signed, signature)) {
      return refuse("proposal's signature");
    }
    return { vote, packed } as ReceivedVote as Verified<ReceivedVote>;
  }

  statementCertificate(
    certificate: StatementCertificate,
  ): Verified<StatementCertificate> | Refusal {
    const statement = statementCodec.tryDecode(certificate.statement);
    if (statement === undefined) return refuse("statement malformed");
    const committee = this.#options.committeeOf(statement.epoch);
    if (committee === undefined) return refuse("statement of an unknown epoch");
    const fault = faultOfStatementCertificate(committee, certificate, statement);
    if (fault !== undefined) return refuse(fault);
    if (this.#isOutside(statement)) return refuse("statement outside its epoch");
    const signed = { domain: DOMAIN.statement, body: certificate.statement };
    for (const { author, signature } of certificate.signatures) {
      if (!this.#isSigned(author, statement.epoch, signed, signature)) {
        return refuse("statement's signature");
      }
    }
    return certificate as Verified<StatementCertificate>;
  }

  /** The encoded form of {@link statementCertificate}. */
  encodedStatementCertificate(bytes: Uint8Array): Verified<StatementCertificate> | Refusal {
    const certificate = statementCertificateCodec.tryDecode(bytes);
    if (certificate === undefined) return refuse("statement certificate malformed");
    return this.statementCertificate(certificate);
  }

  /** A peer's answer to fetch-committed: certificate and batch, which must fit one another. */
  committed(bytes: Uint8Array):
    | Refusal
    | {
        readonly commit: Verified<Certificate>;
        readonly batch: Verified<CheckedBatch>;
      } {
    const committed = committedCodec.tryDecode(bytes);
    if (committed === undefined) return refuse("committed malformed");
    const digest = batchDigest(this.#options.crypto.hash, committed.batch);
    if (!equalBytes(digest, committed.commit.digest)) return refuse("committed batch's digest");
    const commit = this.certificate(committed.commit, "commit");
    if (commit instanceof Refusal) return commit;
    const batch = this.batch(committed.batch);
    return batch instanceof Refusal ? batch : { commit, batch };
  }

  // ---- what this replica makes itself needs no second look

  /** Packs and signs this replica's own votes of a turn; at least one. */
  packOwnVotes(
    { author, epoch, votes }: { author: ReplicaIndex; epoch: Epoch; votes: readonly Vote[] },
    sign: Sign,
  ): { readonly bytes: Uint8Array; readonly votes: readonly Verified<ReceivedVote>[] } {
    const { hash } = this.#options.crypto;
    const leaves = votes.map((vote) => voteCodec.encode(vote));
    const levels = merkleLevels(hash, leaves);
    const body = votePackBody(leaves.length, levels[levels.length - 1]?.[0] as Hash);
    const signature = this.#signOwn(author, epoch, { domain: DOMAIN.votePack, body }, sign);
    return {
      bytes: votePackCodec.encode({ author, epoch, votes: leaves, signature }),
      votes: receivedVotes(author, votes, levels, signature),
    };
  }

  /** Signs one message of this replica's own. */
  signOwn(
    message: { author: ReplicaIndex; epoch: Epoch; type: SignedType; body: Uint8Array },
    sign: Sign,
  ): { readonly bytes: Uint8Array; readonly input: SignedInput } {
    const { author, epoch, type, body } = message;
    const domain = DOMAIN_OF_SIGNED[type];
    const signed = { ...message, signature: this.#signOwn(author, epoch, { domain, body }, sign) };
    const parts = takeSignedApart(signed);
    if (parts instanceof Refusal) throw new TypeError(`own message is malformed: ${parts.why}`);
    return { bytes: signedCodec.encode(signed), input: asInput(parts) };
  }

  /** A proposal of this replica's own, made of what was verified already. */
  composeBatch(
    proposedTime: Hlc,
    items: readonly {
      readonly writeSet: Verified<CheckedWriteSet>;
      readonly acknowledgements: Verified<Certificate> | undefined;
    }[],
    leaving?: { readonly removal: Removal; readonly checked: CheckedRemoval },
  ): Verified<CheckedBatch> {
    const batch = {
      proposedTime,
      items: items.map(({ writeSet, acknowledgements }) => ({
        writeSet: writeSet.bytes,
        acknowledgements,
      })),
      removal: leaving?.removal,
    };
    const bytes = batchCodec.encode(batch);
    const digest = batchDigest(this.#options.crypto.hash, bytes);
    const writeSets = items.map(({ writeSet }) => writeSet);
    const removal = leaving?.checked;
    return { digest, batch, writeSets, removal, bytes } as CheckedBatch as Verified<CheckedBatch>;
  }

  /**
   * A batch from this replica's own checksummed promise file: it was verified before it was
   * written, so only its form is looked at. Undefined: the file does not hold what it says.
   */
  batchOfOwnLog(digest: Hash, bytes: Uint8Array): Verified<CheckedBatch> | undefined {
    const { hash } = this.#options.crypto;
    const checked = checkBatch(
      {
        hash,
        writeSet: (writeSet) =>
          takeWriteSetApart(hash, writeSet) as Verified<CheckedWriteSet> | Refusal,
        acknowledgements: () => undefined,
        removal(removal) {
          const parts = takeRemovalApart(removal);
          return parts instanceof Refusal ? parts : parts.checked;
        },
      },
      bytes,
    );
    if (checked instanceof Refusal || !equalBytes(checked.digest, digest)) return undefined;
    return checked as Verified<CheckedBatch>;
  }

  /** The outer signature first, so that a stranger cannot make us check the many inside. */
  #faultOfSigned(parts: SignedParts): Refusal | undefined {
    const { author, epoch, type, body, signature } = parts.received.signed;
    if (parts.type === "new-view") {
      const committee = this.#options.committeeOf(epoch);
      if (committee === undefined) return refuse("signed of an unknown epoch");
      if (author !== primaryOf(committee, parts.received.message.view)) {
        return refuse("new-view's author");
      }
      const count = parts.received.viewChanges.length;
      if (count !== quorumOf(committee)) return refuse("new-view without a quorum");
    }
    const content = { domain: DOMAIN_OF_SIGNED[type], body };
    if (!this.#isSigned(author, epoch, content, signature)) return refuse("signed's signature");
    if (parts.type === "view-change") return this.#faultOfViewChange(parts.received.message);
    if (parts.type !== "new-view") return undefined;
    for (const viewChange of parts.received.viewChanges) {
      const fault = this.#faultOfSigned({ type: "view-change", received: viewChange });
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #isOutside(place: { readonly epoch: Epoch; readonly sequence: Sequence }): boolean {
    return !isWithinEpoch(place, this.#options.endOf ?? ((): undefined => undefined));
  }

  #faultOfViewChange(viewChange: ViewChange): Refusal | undefined {
    if (viewChange.stable !== undefined) {
      const stable = this.statementCertificate(viewChange.stable);
      if (stable instanceof Refusal) return stable;
      const { epoch, sequence } = statementCodec.decode(stable.statement);
      if (epoch !== viewChange.epoch && sequence !== this.#options.endOf?.(epoch)) {
        return refuse("view-change's checkpoint of another epoch");
      }
    }
    for (const prepared of viewChange.prepared) {
      const certificate = this.certificate(prepared, "prepared");
      if (certificate instanceof Refusal) return certificate;
    }
    return undefined;
  }

  #isSigned(
    author: ReplicaIndex,
    epoch: Epoch,
    content: { readonly domain: Domain; readonly body: Uint8Array },
    signature: Signature,
  ): boolean {
    const committee = this.#options.committeeOf(epoch);
    const key = committee && memberKey(committee, author);
    if (committee === undefined || key === undefined) return false;
    const message = signingBytes(content.domain, committee.clusterId, epoch, content.body);
    const memo = this.#memoOf(author);
    const name = keyText(this.#options.crypto.hash(message));
    const known = memo.get(name);
    if (known !== undefined && equalBytes(known, signature)) return true;
    this.signatureCount++;
    if (!this.#options.crypto.verify(key, message, signature)) return false;
    memo.set(name, signature);
    return true;
  }

  #signOwn(
    author: ReplicaIndex,
    epoch: Epoch,
    content: { readonly domain: Domain; readonly body: Uint8Array },
    sign: Sign,
  ): Signature {
    const committee = this.#options.committeeOf(epoch);
    if (committee === undefined) throw new TypeError("own epoch is unknown");
    const message = signingBytes(content.domain, committee.clusterId, epoch, content.body);
    const signature = sign(message);
    this.#memoOf(author).set(keyText(this.#options.crypto.hash(message)), signature);
    return signature;
  }

  #memoOf(author: ReplicaIndex): Memo<Signature> {
    let memo = this.#signatures.get(author);
    if (memo === undefined) {
      memo = new Memo(SIGNATURES_PER_AUTHOR_MAX);
      this.#signatures.set(author, memo);
    }
    return memo;
  }
}

/** Each vote with its way to the root that was signed. */
function receivedVotes(
  author: ReplicaIndex,
  votes: readonly Vote[],
  levels: readonly (readonly Hash[])[],
  signature: Signature,
): readonly Verified<ReceivedVote>[] {
  const leafCount = votes.length;
  return votes.map((vote, leafIndex) => {
    const path = merklePath(levels, leafIndex);
    const packed = { author, type: vote.type, leafIndex, leafCount, path, signature };
    return { vote, packed } as ReceivedVote as Verified<ReceivedVote>;
  });
}

/** The cast that the whole room waits for: called only with what was checked above. */
function asInput(parts: SignedParts): SignedInput {
  switch (parts.type) {
    case "statement":
      return { type: "statement", statement: parts.received as Verified<typeof parts.received> };
    case "heartbeat":
      return { type: "heartbeat", heartbeat: parts.received as Verified<typeof parts.received> };
    case "view-change":
      return { type: "view-change", viewChange: parts.received as Verified<typeof parts.received> };
    case "suspicion":
      return { type: "suspicion", suspicion: parts.received as Verified<typeof parts.received> };
    case "new-view":
      return { type: "new-view", newView: parts.received as Verified<typeof parts.received> };
    default:
      return assertUnreachable(parts);
  }
}
