import { equalBytes } from "../../base/bytes.ts";
import type { Hash, ReplicaIndex, Sequence, View } from "../../base/types.ts";
import { keyText } from "../map/key-text.ts";
import type { CheckedBatch } from "../checked.ts";
import type { Verified } from "../verified.ts";
import { VOTE_COMMIT, VOTE_PRE_PREPARE } from "../wire/certificate.ts";
import type { Certificate } from "../wire/certificate.ts";
import type { ReceivedVote } from "./input.ts";

/** The votes of one view for one sequence; of each author and type the first one counts. */
export class Round {
  readonly view: View;
  prePrepare: ReceivedVote | undefined;
  readonly prepares = new Map<ReplicaIndex, ReceivedVote>();
  readonly commits = new Map<ReplicaIndex, ReceivedVote>();
  /** A first proposal's time is judged once, at first receipt (R16). */
  timeJudgement: "unjudged" | "accepted" | "refused" = "unjudged";
  prepareCast = false;
  commitCast = false;
  /** We showed the pre-prepare to everybody (L23). */
  wasShown = false;
  /** The primary's pre-prepare as a peer showed it, before we had one. It is no proposal to us. */
  shownToUs: ReceivedVote | undefined;

  constructor(view: View) {
    this.view = view;
  }

  /** The vote that the author cast before in this place, if any. */
  held({ vote, packed }: ReceivedVote): ReceivedVote | undefined {
    if (vote.type === VOTE_PRE_PREPARE) return this.prePrepare;
    return (vote.type === VOTE_COMMIT ? this.commits : this.prepares).get(packed.author);
  }

  add(received: ReceivedVote): void {
    const { vote, packed } = received;
    if (vote.type === VOTE_PRE_PREPARE) this.prePrepare = received;
    else if (vote.type === VOTE_COMMIT) this.commits.set(packed.author, received);
    else this.prepares.set(packed.author, received);
  }

  preparesFor(digest: Hash): ReceivedVote[] {
    return withDigest(this.prepares.values(), digest);
  }

  commitsFor(digest: Hash): ReceivedVote[] {
    return withDigest(this.commits.values(), digest);
  }
}

function withDigest(votes: Iterable<ReceivedVote>, digest: Hash): ReceivedVote[] {
  const matching: ReceivedVote[] = [];
  for (const received of votes) {
    if (equalBytes(received.vote.digest, digest)) matching.push(received);
  }
  return matching;
}

/** One sequence: its rounds, the certificates that came of them, and the bodies proposed for it. */
export class Instance {
  readonly sequence: Sequence;
  readonly rounds = new Map<View, Round>();
  /** Of the highest view in which this replica saw it prepared. */
  prepared: Certificate | undefined;
  commit: Certificate | undefined;
  readonly #bodies = new Map<string, Verified<CheckedBatch>>();
  /** Of executed bodies: peers may still ask for them, and nobody looks inside any more. */
  readonly #bytes = new Map<string, Uint8Array>();
  /** Digests whose bodies stand in the promise file. */
  readonly persisted = new Set<string>();
  bodyAskedMs = 0;
  openedMs = 0;

  constructor(sequence: Sequence) {
    this.sequence = sequence;
  }

  round(view: View): Round {
    let round = this.rounds.get(view);
    if (round === undefined) {
      round = new Round(view);
      this.rounds.set(view, round);
    }
    return round;
  }

  /** Undefined also once it was executed. */
  body(digest: Hash): Verified<CheckedBatch> | undefined {
    return this.#bodies.get(keyText(digest));
  }

  /** The encoding of a body that is here, executed or not. */
  bodyBytes(digest: Hash): Uint8Array | undefined {
    const name = keyText(digest);
    return this.#bodies.get(name)?.bytes ?? this.#bytes.get(name);
  }

  /** At most one body for each round and certificate: only wanted ones are brought here. */
  addBody(batch: Verified<CheckedBatch>): void {
    this.#bodies.set(keyText(batch.digest), batch);
  }

  /** Whether some vote or certificate here names this batch. */
  wants(digest: Hash): boolean {
    if (this.bodyBytes(digest) !== undefined) return false;
    for (const known of this.digests()) if (equalBytes(known, digest)) return true;
    return false;
  }

  /** The digests that matter here, the surest first. */
  digests(): Hash[] {
    if (this.commit !== undefined) return [this.commit.digest];
    const digests = this.prepared === undefined ? [] : [this.prepared.digest];
    for (const { prePrepare } of this.rounds.values()) {
      if (prePrepare !== undefined) digests.push(prePrepare.vote.digest);
    }
    return digests;
  }

  /** Once committed, the bodies of every other proposal are waste. */
  keepOnlyCommitted(): void {
    const name = this.commit && keyText(this.commit.digest);
    for (const other of this.#bodies.keys()) if (other !== name) this.#bodies.delete(other);
  }

  /**
   * Keeps the encodings alone. A body taken apart is thousands of objects, and two checkpoint
   * intervals of them would be most of what the garbage collector has to look at.
   */
  executed(): void {
    for (const [name, { bytes }] of this.#bodies) this.#bytes.set(name, bytes);
    this.#bodies.clear();
  }

  /** Rounds of views that nobody can usefully vote in any more. */
  dropRoundsBelow(view: View): void {
    for (const old of this.rounds.keys()) if (old < view) this.rounds.delete(old);
  }
}
