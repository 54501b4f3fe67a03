import type { Hash, Hlc, ReplicaIndex, Sequence } from "../../base/types.ts";
import type { ExecutedWriteSet } from "../application.ts";
import { assembleCertificate } from "../certificates.ts";
import type { CheckedWriteSet } from "../checked.ts";
import { Memo } from "../memo.ts";
import type { Verified } from "../verified.ts";
import type { Verifier } from "../verifier.ts";
import { VOTE_ACKNOWLEDGEMENT, certificateCodec } from "../wire/certificate.ts";
import type { Certificate, Vote } from "../wire/certificate.ts";
import { FRAME } from "../wire/frame.ts";
import { Refusal } from "../refusal.ts";
import type { Context } from "./context.ts";
import type { ExecutionFollower } from "./executing.ts";
import type { ReceivedVote } from "./input.ts";
import type { RefusalReason } from "./output.ts";
import type { Requests } from "./requests.ts";
import { keyText } from "../map/key-text.ts";

/** Write sets of one writer whose bytes are under way: what is acknowledged and not executed. */
const AWAITED_PER_WRITER_MAX = 128;
const AWAITED_COUNT_MAX = 4096;
/** Acknowledgements of one member for write sets that are not complete; the oldest go first. */
const ACKNOWLEDGED_PER_AUTHOR_MAX = 4096;
/** Certificates that came before their write set. */
const EARLY_CERTIFICATE_COUNT_MAX = 1024;

interface Awaited {
  readonly writeSet: Verified<CheckedWriteSet>;
  readonly writer: string;
  /** Our own bytes are on disk and acknowledged. */
  acknowledged: boolean;
  sentMs: number;
}

/**
 * Bytes first, then order (R8): a write set whose values are uploaded waits here until Q
 * replicas have acknowledged that they hold them. Then it becomes a request like any other.
 */
export class Availability implements ExecutionFollower {
  readonly #context: Context;
  readonly #requests: Requests;
  readonly #verifier: Verifier;
  readonly #awaited = new Map<string, Awaited>();
  readonly #awaitedByWriter = new Map<string, number>();
  readonly #acknowledgements = new Map<ReplicaIndex, Memo<ReceivedVote>>();
  readonly #certificates = new Memo<Verified<Certificate>>(EARLY_CERTIFICATE_COUNT_MAX);

  constructor(context: Context, requests: Requests) {
    this.#context = context;
    this.#requests = requests;
    this.#verifier = context.verifier;
  }

  get count(): number {
    return this.#awaited.size;
  }

  /** L05: judged before. Undefined: it waits for its bytes. */
  add(writeSet: Verified<CheckedWriteSet>): RefusalReason | undefined {
    const digest = keyText(writeSet.digest);
    if (this.#awaited.has(digest) || this.#requests.has(writeSet)) return undefined;
    const writer = keyText(writeSet.header.writer);
    const count = this.#awaitedByWriter.get(writer) ?? 0;
    if (count >= AWAITED_PER_WRITER_MAX || this.#awaited.size >= AWAITED_COUNT_MAX) {
      return "overloaded";
    }
    this.#awaitedByWriter.set(writer, count + 1);
    this.#awaited.set(digest, { writeSet, writer, acknowledged: false, sentMs: 0 });
    const certificate = this.#certificates.get(digest) ?? this.#assemble(digest);
    if (certificate !== undefined) this.complete(certificate);
    return undefined;
  }

  /** L06: our own bytes are on disk and right: say so, once and again until Q have. */
  available(digest: Hash): void {
    const awaited = this.#awaited.get(keyText(digest));
    if (awaited === undefined) return;
    awaited.acknowledged = true;
    this.#acknowledge(awaited);
  }

  /** L07 */
  receive(received: ReceivedVote): void {
    if (received.vote.epoch !== this.#context.committee.epoch) return;
    const { author } = received.packed;
    const digest = keyText(received.vote.digest);
    let memo = this.#acknowledgements.get(author);
    if (memo === undefined) {
      memo = new Memo(ACKNOWLEDGED_PER_AUTHOR_MAX);
      this.#acknowledgements.set(author, memo);
    }
    memo.set(digest, received);
    if (!this.#awaited.has(digest)) return;
    const certificate = this.#assemble(digest);
    if (certificate !== undefined) this.complete(certificate);
  }

  /** L08: Q have it: tell the primary, and start the request's timer. */
  complete(certificate: Verified<Certificate>): void {
    const digest = keyText(certificate.digest);
    const awaited = this.#awaited.get(digest);
    if (awaited === undefined) {
      this.#certificates.set(digest, certificate);
      return;
    }
    const refused = this.#requests.add(awaited.writeSet, certificate);
    if (refused !== undefined) return;
    this.#forget(digest);
    if (this.#context.isPrimary) return;
    const { primary } = this.#context;
    this.#context.send(primary, FRAME.forward, awaited.writeSet.bytes);
    this.#context.send(primary, FRAME.availability, certificateCodec.encode(certificate));
  }

  needs(author: ReplicaIndex, vote: Vote): boolean {
    const digest = keyText(vote.digest);
    if (this.#certificates.get(digest) !== undefined) return false;
    return this.#acknowledgements.get(author)?.get(digest) === undefined;
  }

  executed(_sequence: Sequence, writeSets: readonly ExecutedWriteSet[]): void {
    for (const { writeSet } of writeSets) this.#forget(keyText(writeSet.digest));
  }

  tick(): void {
    if (this.#context.transferring !== undefined) return;
    const { monotonicMs } = this.#context.now;
    for (const [digest, awaited] of this.#awaited) {
      if (monotonicMs - awaited.sentMs < this.#context.timing.retransmitMs) continue;
      awaited.sentMs = monotonicMs;
      const standing = this.#context.application.standingOf(awaited.writeSet.header);
      if (standing !== "open") {
        this.#forget(digest);
        const { digest: refused } = awaited.writeSet;
        this.#context.emit({ type: "refused", digest: refused, reason: standing });
      } else if (awaited.acknowledged) {
        this.#acknowledge(awaited);
      }
    }
  }

  get dueMs(): number {
    let dueMs = Number.POSITIVE_INFINITY;
    if (this.#context.transferring !== undefined) return dueMs;
    for (const { sentMs } of this.#awaited.values()) dueMs = Math.min(dueMs, sentMs);
    return dueMs + this.#context.timing.retransmitMs;
  }

  hasLapsed(now: Hlc): boolean {
    for (const { writeSet } of this.#awaited.values()) {
      if (writeSet.header.notAfter < now) return true;
    }
    return false;
  }

  #acknowledge(awaited: Awaited): void {
    awaited.sentMs = this.#context.now.monotonicMs;
    const { epoch } = this.#context.committee;
    const { digest } = awaited.writeSet;
    const place = { view: 0, sequence: 0 } as Pick<Vote, "view" | "sequence">;
    this.#context.castVote({ type: VOTE_ACKNOWLEDGEMENT, epoch, ...place, digest }, []);
  }

  #assemble(digest: string): Verified<Certificate> | undefined {
    const votes: ReceivedVote[] = [];
    for (const memo of this.#acknowledgements.values()) {
      const received = memo.get(digest);
      if (received !== undefined) votes.push(received);
    }
    if (votes.length < this.#context.quorum) return undefined;
    // Every signature in it was verified a moment ago, so this costs only hashes.
    const certificate = assembleCertificate(this.#context.committee, votes);
    const verified = this.#verifier.certificate(certificate, "acknowledgement");
    return verified instanceof Refusal ? undefined : verified;
  }

  #forget(digest: string): void {
    for (const memo of this.#acknowledgements.values()) memo.delete(digest);
    this.#certificates.delete(digest);
    const awaited = this.#awaited.get(digest);
    if (awaited === undefined) return;
    this.#awaited.delete(digest);
    const count = (this.#awaitedByWriter.get(awaited.writer) ?? 1) - 1;
    if (count > 0) this.#awaitedByWriter.set(awaited.writer, count);
    else this.#awaitedByWriter.delete(awaited.writer);
  }
}
