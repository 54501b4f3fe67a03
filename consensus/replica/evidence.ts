import { portableVote } from "../certificates.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { certificateCodec, signedCodec } from "../wire/certificate.ts";
import { EVIDENCE_STATEMENTS, EVIDENCE_VOTES } from "../wire/evidence.ts";
import type { EvidenceKind } from "../wire/evidence.ts";
import type { Context } from "./context.ts";
import type { ReceivedSigned, ReceivedVote } from "./input.ts";

/** Proofs kept against one author; more of them prove nothing more. */
const EVIDENCE_PER_AUTHOR_MAX = 8;

/**
 * Two signed things of one author that contradict each other (R13): different
 * content in one (epoch, view, sequence, type) of votes, or in one (epoch, sequence) of statements.
 * Never votes of different views. Reported once for each place, in a form that anybody can check.
 */
export class Evidence {
  readonly #context: Context;
  readonly #reported = new Map<ReplicaIndex, Set<string>>();

  constructor(context: Context) {
    this.#context = context;
  }

  votes(held: ReceivedVote, other: ReceivedVote): void {
    const { type, view, sequence } = held.vote;
    this.#report(held.packed.author, EVIDENCE_VOTES, `votes ${type}/${view}/${sequence}`, [
      certificateCodec.encode(portableVote(held)),
      certificateCodec.encode(portableVote(other)),
    ]);
  }

  statements(held: ReceivedSigned<{ readonly sequence: number }>, other: typeof held): void {
    this.#report(held.author, EVIDENCE_STATEMENTS, `statements ${held.message.sequence}`, [
      signedCodec.encode(held.signed),
      signedCodec.encode(other.signed),
    ]);
  }

  /** Pieces held against this author. */
  countOf(author: ReplicaIndex): number {
    return this.#reported.get(author)?.size ?? 0;
  }

  #report(
    author: ReplicaIndex,
    kind: EvidenceKind,
    what: string,
    proofs: readonly [Uint8Array, Uint8Array],
  ): void {
    let reported = this.#reported.get(author);
    if (reported === undefined) {
      reported = new Set();
      this.#reported.set(author, reported);
    }
    if (reported.has(what) || reported.size >= EVIDENCE_PER_AUTHOR_MAX) return;
    reported.add(what);
    this.#context.emit({ type: "evidence", author, what, kind, proofs });
  }
}
