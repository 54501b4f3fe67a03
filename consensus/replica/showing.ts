import { equalBytes } from "../../base/bytes.ts";
import type { ReplicaIndex, View } from "../../base/types.ts";
import { portableVote, voteOfCertificate } from "../certificates.ts";
import { VOTE_PRE_PREPARE, certificateCodec } from "../wire/certificate.ts";
import { FRAME } from "../wire/frame.ts";
import type { Context } from "./context.ts";
import type { Evidence } from "./evidence.ts";
import type { ReceivedVote } from "./input.ts";
import type { Instance, Round } from "./instance.ts";
import type { Log } from "./log.ts";

/** Proposals of one primary that are shown again and again: a single one that meets its like convicts. */
const SHOWN_PER_AUTHOR_MAX = 8;
/** Pieces against one primary after which none of its proposals is shown any more. */
const EVIDENCE_COUNT_ENOUGH = 8;

interface Shown {
  readonly received: ReceivedVote;
  sentMs: number;
}

/**
 * L23: a proposal that was overruled in its own view is shown to everybody.
 *
 * A primary that signs one proposal for most and another for one backup harms nobody: the others
 * agree without that backup, which then fetches what they agreed on. But no correct replica would
 * hold both, and the liar would go free. So the backup shows what it was sent, as soon as the
 * others' votes say that there is another: whoever holds that one has both, and answers with it.
 *
 * Only the primary can sign what is shown, so a correct one is never accused and nobody else can
 * make us speak. It is no proposal to whom it is shown: no vote rests on it.
 */
export class Showing {
  readonly #context: Context;
  readonly #log: Log;
  readonly #evidence: Evidence;
  /** By `author/view/sequence`: nothing contradicts them here yet. */
  readonly #shown = new Map<string, Shown>();
  /** When each peer was last answered: one that asks on and on is answered at our pace. */
  readonly #answeredMs = new Map<ReplicaIndex, number>();

  constructor(context: Context, log: Log, evidence: Evidence) {
    this.#context = context;
    this.#log = log;
    this.#evidence = evidence;
  }

  /** After something about this instance has changed. */
  look(instance: Instance): void {
    for (const round of instance.rounds.values()) {
      const { prePrepare, shownToUs, wasShown } = round;
      if (prePrepare === undefined) continue;
      if (shownToUs !== undefined) {
        this.#compare(prePrepare, shownToUs);
        round.shownToUs = undefined;
      }
      if (!wasShown && this.#isOverruled(instance, round, prePrepare)) {
        this.#show(round, prePrepare);
      }
    }
  }

  /** A peer's: it was overruled, or contradicts one that we showed. */
  receive(from: ReplicaIndex, received: ReceivedVote): void {
    const { vote, packed } = received;
    if (vote.epoch !== this.#context.committee.epoch) return;
    if (packed.author === this.#context.index) return;
    const instance = this.#log.find(vote.sequence);
    const round = instance?.rounds.get(vote.view);
    const held = round?.prePrepare ?? preparedFrom(instance, vote.view);
    if (held === undefined) {
      if (round !== undefined) round.shownToUs ??= received;
      else this.#context.drop("proposal shown in vain");
      return;
    }
    if (equalBytes(held.vote.digest, vote.digest)) return;
    this.#compare(held, received);
    // Who shows is not answered with an answer: they would go to and fro for ever.
    if (round?.wasShown !== true) this.#answer(from, held);
  }

  /** Again to everybody, until its like has come: a frame may be lost, or too early. */
  tick(): void {
    const { monotonicMs } = this.#context.now;
    for (const [place, shown] of this.#shown) {
      const { vote, packed } = shown.received;
      const isProven = this.#evidence.countOf(packed.author) > 0;
      if (isProven || vote.sequence <= this.#log.kept) this.#shown.delete(place);
      else if (monotonicMs - shown.sentMs >= this.#context.timing.heartbeatMs) {
        shown.sentMs = monotonicMs;
        this.#send("all", shown.received);
      }
    }
  }

  get dueMs(): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const { sentMs } of this.#shown.values()) {
      dueMs = Math.min(dueMs, sentMs + this.#context.timing.heartbeatMs);
    }
    return dueMs;
  }

  /** Of f+1 who voted for something else in this view a correct one has another signed proposal. */
  #isOverruled({ commit }: Instance, round: Round, { vote }: ReceivedVote): boolean {
    if (commit?.view === round.view) return !equalBytes(commit.digest, vote.digest);
    let others: Set<ReplicaIndex> | undefined;
    for (const votes of [round.prepares, round.commits]) {
      for (const [author, other] of votes) {
        if (equalBytes(other.vote.digest, vote.digest)) continue;
        others ??= new Set();
        others.add(author);
      }
    }
    return others !== undefined && others.size >= this.#context.weakQuorum;
  }

  #show(round: Round, received: ReceivedVote): void {
    const { author } = received.packed;
    if (author === this.#context.index || this.#context.isQuarantined(author)) return;
    if (this.#evidence.countOf(author) >= EVIDENCE_COUNT_ENOUGH) return;
    round.wasShown = true;
    const places = [...this.#shown.keys()].filter((place) => place.startsWith(`${author}/`));
    // The newest is the one that others still have the like of.
    const [oldest] = places;
    if (places.length >= SHOWN_PER_AUTHOR_MAX && oldest !== undefined) this.#shown.delete(oldest);
    const { view, sequence } = received.vote;
    const sentMs = this.#context.now.monotonicMs;
    this.#shown.set(`${author}/${view}/${sequence}`, { received, sentMs });
    this.#send("all", received);
  }

  #answer(to: ReplicaIndex, held: ReceivedVote): void {
    const { now, timing } = this.#context;
    const answeredMs = this.#answeredMs.get(to);
    if (answeredMs !== undefined && now.monotonicMs - answeredMs < timing.retransmitMs) return;
    this.#answeredMs.set(to, now.monotonicMs);
    this.#send(to, held);
  }

  #compare(held: ReceivedVote, other: ReceivedVote): void {
    if (!equalBytes(held.vote.digest, other.vote.digest)) this.#evidence.votes(held, other);
  }

  #send(to: ReplicaIndex | "all", received: ReceivedVote): void {
    this.#context.send(to, FRAME.proposal, certificateCodec.encode(portableVote(received)));
  }
}

/** The proposal of this view inside a prepared certificate, where the round is past. */
function preparedFrom(instance: Instance | undefined, view: View): ReceivedVote | undefined {
  const prepared = instance?.prepared;
  if (prepared?.view !== view) return undefined;
  const packed = prepared.votes.find(({ type }) => type === VOTE_PRE_PREPARE);
  return packed && { vote: voteOfCertificate(prepared, VOTE_PRE_PREPARE), packed };
}
