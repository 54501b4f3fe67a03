import { equalBytes } from "../../base/bytes.ts";
import type { ReplicaIndex, Sequence } from "../../base/types.ts";
import { Refusal } from "../../consensus/refusal.ts";
import type { Input, ReceivedVote } from "../../consensus/replica/input.ts";
import type { PeekedVotes, SignedParts } from "../../consensus/take-apart.ts";
import type { Verified } from "../../consensus/verified.ts";
import type { Verifier } from "../../consensus/verifier.ts";
import {
  fetchBatchCodec,
  fetchCommittedCodec,
  fetchStableCodec,
  stableCodec,
} from "../../consensus/wire/agreement.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { PEER_VERIFICATIONS_BURST, PEER_VERIFICATIONS_PER_SECOND } from "../limits.ts";
import type { Tally } from "../metrics/tally.ts";
import { TokenBucket } from "../../base/token-bucket.ts";

export interface FrameIntakeDependencies {
  readonly verifier: Verifier;
  /** False: verifying this pack now could change nothing. */
  readonly needs: (votes: PeekedVotes) => boolean;
  readonly certificateAt: (sequence: Sequence) => StatementCertificate | undefined;
  readonly drops: Tally;
}

/** Votes come in packs; everything else is one input. */
type Taken = Refusal | Input | readonly Verified<ReceivedVote>[];

/**
 * From a peer's frame to verified inputs. Cheap checks first, signatures only for what the replica
 * still waits for, and none for a peer that has spent its budget.
 */
export class FrameIntake {
  readonly #dependencies: FrameIntakeDependencies;
  readonly #budgets = new Map<ReplicaIndex, TokenBucket>();

  constructor(dependencies: FrameIntakeDependencies) {
    this.#dependencies = dependencies;
  }

  take(
    from: ReplicaIndex,
    frame: { readonly kind: FrameKind; readonly body: Uint8Array },
    nowMs: number,
    emit: (input: Input) => void,
  ): void {
    const { verifier, drops } = this.#dependencies;
    const budget = this.#budgetOf(from, nowMs);
    if (!budget.isOpen(nowMs)) {
      drops.add("verification-budget");
      return;
    }
    const spentBefore = verifier.signatureCount;
    const taken = this.#verify(from, frame.kind, frame.body);
    budget.spend(verifier.signatureCount - spentBefore);
    if (taken instanceof Refusal) {
      // What costs no signature must cost something too, or garbage would be free.
      budget.spend(1);
      drops.add(`refused: ${taken.why}`);
    } else if (Array.isArray(taken)) {
      for (const vote of taken) emit({ type: "vote", vote });
    } else {
      emit(taken as Input);
    }
  }

  #verify(from: ReplicaIndex, kind: FrameKind, body: Uint8Array): Taken {
    const { verifier } = this.#dependencies;
    switch (kind) {
      case FRAME.votePack:
        return this.#votePack(from, body);
      case FRAME.signed:
        return this.#signed(body);
      case FRAME.batch: {
        const batch = verifier.batch(body);
        return batch instanceof Refusal ? batch : { type: "batch", from, batch };
      }
      case FRAME.forward: {
        const writeSet = verifier.writeSet(body);
        if (writeSet instanceof Refusal) return writeSet;
        return { type: "write-set", writeSet, origin: "replica" };
      }
      case FRAME.availability: {
        const certificate = verifier.availability(body);
        if (certificate instanceof Refusal) return certificate;
        return { type: "availability", certificate };
      }
      case FRAME.committed: {
        const committed = verifier.committed(body);
        if (committed instanceof Refusal) return committed;
        return { type: "committed", ...committed };
      }
      case FRAME.stable:
        return this.#stable(body);
      case FRAME.proposal: {
        const proposal = verifier.proposal(body);
        return proposal instanceof Refusal ? proposal : { type: "proposal", from, proposal };
      }
      default:
        return takeFetch(from, kind, body);
    }
  }

  #signed(body: Uint8Array): Taken {
    const { verifier } = this.#dependencies;
    const peeked = verifier.peekSigned(body);
    if (peeked instanceof Refusal) return peeked;
    return this.#isSettled(peeked) ? [] : verifier.peekedSigned(peeked);
  }

  /**
   * A statement that only says once more what is certified: its signature changes nothing. One
   * that says something else is verified, because it accuses its author.
   */
  #isSettled(parts: SignedParts): boolean {
    if (parts.type !== "statement") return false;
    const { message, signed } = parts.received;
    const held = this.#dependencies.certificateAt(message.sequence);
    if (held === undefined || !equalBytes(held.statement, signed.body)) return false;
    this.#dependencies.drops.add("statement-not-needed");
    return true;
  }

  #votePack(from: ReplicaIndex, body: Uint8Array): Refusal | readonly Verified<ReceivedVote>[] {
    const { verifier, needs, drops } = this.#dependencies;
    const peeked = verifier.peekVotePack(body);
    if (peeked instanceof Refusal) return peeked;
    // Packs travel from their author alone; inside certificates votes are portable.
    if (peeked.author !== from) return new Refusal("vote pack of another author");
    if (needs(peeked)) return verifier.peekedVotePack(peeked);
    drops.add("vote-not-needed", peeked.votes.length);
    return [];
  }

  #stable(body: Uint8Array): Taken {
    const stable = stableCodec.tryDecode(body);
    if (stable === undefined) return new Refusal("stable malformed");
    const certificate = this.#dependencies.verifier.statementCertificate(stable.certificate);
    if (certificate instanceof Refusal) return certificate;
    return { type: "certificate", certificate };
  }

  #budgetOf(from: ReplicaIndex, nowMs: number): TokenBucket {
    let budget = this.#budgets.get(from);
    if (budget === undefined) {
      budget = new TokenBucket(
        { perSecond: PEER_VERIFICATIONS_PER_SECOND, burst: PEER_VERIFICATIONS_BURST },
        nowMs,
      );
      this.#budgets.set(from, budget);
    }
    return budget;
  }
}

function takeFetch(from: ReplicaIndex, kind: FrameKind, body: Uint8Array): Refusal | Input {
  switch (kind) {
    case FRAME.fetchBatch: {
      const fetch = fetchBatchCodec.tryDecode(body);
      return fetch === undefined ? malformedFetch() : { type: "fetch-batch", from, fetch };
    }
    case FRAME.fetchCommitted: {
      const fetch = fetchCommittedCodec.tryDecode(body);
      return fetch === undefined ? malformedFetch() : { type: "fetch-committed", from, fetch };
    }
    case FRAME.fetchStable: {
      const fetch = fetchStableCodec.tryDecode(body);
      return fetch === undefined ? malformedFetch() : { type: "fetch-stable", from, fetch };
    }
    default:
      return new Refusal("frame of no use between replicas");
  }
}

function malformedFetch(): Refusal {
  return new Refusal("fetch malformed");
}
