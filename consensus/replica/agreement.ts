import { equalBytes, toHex } from "../../base/bytes.ts";
import { hlcAddMs } from "../../base/hlc.ts";
import type { Hash, Hlc, View } from "../../base/types.ts";
import { assembleCertificate, voteOfCertificate } from "../certificates.ts";
import { PROPOSALS_AHEAD_MAX, SUSPICION_MS_MAX } from "../limits.ts";
import { primaryOf } from "../committee.ts";
import type { CheckedBatch } from "../checked.ts";
import type { Verified } from "../verified.ts";
import {
  VOTE_COMMIT,
  VOTE_PRE_PREPARE,
  VOTE_PREPARE,
  certificateCodec,
} from "../wire/certificate.ts";
import type { Certificate, Vote } from "../wire/certificate.ts";
import { EVIDENCE_COMMITTED, EVIDENCE_PREPARED } from "../wire/evidence.ts";
import type { Bodies } from "./bodies.ts";
import type { Context } from "./context.ts";
import type { Evidence } from "./evidence.ts";
import type { ReceivedVote } from "./input.ts";
import type { Instance, Round } from "./instance.ts";
import type { Log } from "./log.ts";
import type { PromiseRecord } from "./output.ts";

/** Views before and after ours whose votes are kept: late commits, and those who moved on first. */
const VIEW_DISTANCE_MAX = 1;

/** The three phases of the normal case (Castro–Liskov §4.2) for the sequences in the window. */
export class Agreement {
  readonly #context: Context;
  readonly #log: Log;
  readonly #bodies: Bodies;
  readonly #evidence: Evidence;

  constructor(context: Context, log: Log, bodies: Bodies, evidence: Evidence) {
    this.#context = context;
    this.#log = log;
    this.#bodies = bodies;
    this.#evidence = evidence;
  }

  /** L10: a verified vote of anybody, our own included. */
  receive(received: ReceivedVote): void {
    const { vote } = received;
    const fault = this.#faultOf(received);
    if (fault !== undefined) {
      this.#context.drop(fault);
      return;
    }
    const instance = this.#log.at(vote.sequence, this.#context.now.monotonicMs);
    const round = instance.round(vote.view);
    const held = round.held(received);
    if (held !== undefined) {
      if (!equalBytes(held.vote.digest, vote.digest)) this.#evidence.votes(held, received);
      return;
    }
    round.add(received);
    this.#log.touch(instance);
  }

  /** Looks at one instance again after something about it, or about the view, has changed. */
  advance(instance: Instance): void {
    const { active, view } = this.#context;
    const round = active ? instance.rounds.get(view) : undefined;
    if (round !== undefined) {
      this.#maybePrepare(instance, round);
      this.#maybePrepared(instance, round);
    }
    for (const any of instance.rounds.values()) this.#maybeCommitted(instance, any);
  }

  /** A commit certificate, ours or a peer's: believed in any view, because it is final. */
  receiveCommit(instance: Instance, commit: Certificate): void {
    const held = instance.commit;
    if (held !== undefined) {
      if (!equalBytes(held.digest, commit.digest)) {
        const what = `two commit certificates of ${commit.sequence}`;
        this.#context.halt(what, EVIDENCE_COMMITTED, encodeBoth(held, commit));
      }
      return;
    }
    this.#compareVotes(commit);
    instance.commit = commit;
    this.#bodies.claim(instance, commit.digest);
    instance.keepOnlyCommitted();
    this.#log.touch(instance);
  }

  /** A prepared certificate of somebody's view-change: it, or votes in it, may contradict ours. */
  compare(certificate: Certificate): void {
    const held = this.#log.find(certificate.sequence)?.prepared;
    if (held?.view === certificate.view && !equalBytes(held.digest, certificate.digest)) {
      const what = `two prepared certificates of ${held.sequence} in view ${held.view}`;
      this.#context.halt(what, EVIDENCE_PREPARED, encodeBoth(held, certificate));
    }
    this.#compareVotes(certificate);
  }

  /** Who voted otherwise to us than in here has signed both. */
  #compareVotes(certificate: Certificate): void {
    const round = this.#log.find(certificate.sequence)?.rounds.get(certificate.view);
    if (round === undefined) return;
    for (const packed of certificate.votes) {
      const received = { vote: voteOfCertificate(certificate, packed.type), packed };
      const held = round.held(received);
      if (held === undefined || equalBytes(held.vote.digest, certificate.digest)) continue;
      this.#evidence.votes(held, received);
    }
  }

  /** Whether verifying this vote could change anything: beyond a quorum it cannot. */
  needs(author: number, vote: Vote): boolean {
    const round = this.#log.find(vote.sequence)?.rounds.get(vote.view);
    if (round === undefined) return this.#log.isInWindow(vote.sequence);
    const instance = this.#log.find(vote.sequence);
    const others =
      vote.type === VOTE_PRE_PREPARE
        ? [round.prePrepare]
        : [...(vote.type === VOTE_COMMIT ? round.commits : round.prepares).values()];
    const contradicts = others.some(
      (held) =>
        held !== undefined &&
        held.packed.author === author &&
        !equalBytes(held.vote.digest, vote.digest),
    );
    if (contradicts) return true;
    if (others.some((held) => held?.packed.author === author)) return false;
    const decided = vote.type === VOTE_COMMIT ? instance?.commit : preparedIn(instance, vote.view);
    return decided === undefined || !equalBytes(decided.digest, vote.digest);
  }

  #faultOf({ vote, packed }: ReceivedVote): string | undefined {
    const { committee, view } = this.#context;
    if (vote.epoch !== committee.epoch) return "vote of another epoch";
    if (!this.#log.isInWindow(vote.sequence)) return "vote outside the window";
    if (Math.abs(vote.view - view) > VIEW_DISTANCE_MAX) return "vote of a far view";
    const fromPrimary = packed.author === primaryOf(committee, vote.view);
    if (vote.type === VOTE_PRE_PREPARE && !fromPrimary) return "pre-prepare not by the primary";
    if (vote.type === VOTE_PREPARE && fromPrimary) return "prepare by the primary";
    return undefined;
  }

  /** L20: a backup prepares what the primary proposed, once. */
  #maybePrepare(instance: Instance, round: Round): void {
    const digest = round.prePrepare?.vote.digest;
    if (round.prepareCast || digest === undefined || this.#context.isPrimary) return;
    if (!this.#log.isInWindow(instance.sequence)) return;
    const records: PromiseRecord[] = [];
    if (instance.sequence <= this.#context.mandate.high) {
      if (!this.#isMandated(instance, digest)) return;
    } else {
      const body = this.#acceptableBody(instance, round, digest);
      if (body === undefined) return;
      records.push(batchRecord(instance, body));
    }
    const vote = this.#voteOf(VOTE_PREPARE, instance, round.view, digest);
    round.prepareCast = this.#context.castVote(vote, records);
  }

  /** L21: proposed again by a new view: voted for on certificates alone, without body or clock. */
  #isMandated(instance: Instance, digest: Hash): boolean {
    const mandated = this.#context.mandate.digests.get(instance.sequence);
    if (mandated === undefined || !equalBytes(mandated, digest)) return false;
    const { commit } = instance;
    return commit === undefined || equalBytes(commit.digest, digest);
  }

  /** L22: a first proposal: its body is here, whole and verified, and its time is no lie. */
  #acceptableBody(
    instance: Instance,
    round: Round,
    digest: Hash,
  ): Verified<CheckedBatch> | undefined {
    const { commit } = instance;
    if (commit !== undefined && !equalBytes(commit.digest, digest)) return undefined;
    if (instance.sequence > this.#context.executed + PROPOSALS_AHEAD_MAX) return undefined;
    this.#bodies.claim(instance, digest);
    const body = instance.body(digest);
    if (body === undefined) return undefined;
    if (!this.#areOfOurEpoch(body)) {
      this.#context.drop("acknowledgements or suspicions of another epoch");
      return undefined;
    }
    if (round.timeJudgement === "unjudged") {
      const { reading, clockCertain } = this.#context.now;
      const latest = hlcAddMs(reading, this.#context.timing.epsilonMs);
      const credible = !clockCertain || body.batch.proposedTime <= latest;
      const isCurrent = !clockCertain || !restsOnOldWords(body, reading);
      round.timeJudgement = credible && isCurrent ? "accepted" : "refused";
      if (!credible) this.#context.drop("proposal from the future");
      if (!isCurrent) this.#context.drop("removal on old suspicions");
    }
    return round.timeJudgement === "accepted" ? body : undefined;
  }

  /** Who acknowledged a value under an earlier configuration may be no member any more. */
  #areOfOurEpoch({ batch, removal }: Verified<CheckedBatch>): boolean {
    const { epoch } = this.#context.committee;
    if (removal !== undefined && removal.epoch !== epoch) return false;
    return batch.items.every(
      ({ acknowledgements }) => (acknowledgements?.epoch ?? epoch) === epoch,
    );
  }

  /** L30: prepared: the pre-prepare and Q − 1 prepares of others; then commit, once. */
  #maybePrepared(instance: Instance, round: Round): void {
    const { prePrepare } = round;
    if (round.commitCast || prePrepare === undefined) return;
    const { digest } = prePrepare.vote;
    const prepares = round.preparesFor(digest);
    if (prepares.length < this.#context.quorum - 1) return;
    if (instance.commit !== undefined && !equalBytes(instance.commit.digest, digest)) return;
    const certificate = assembleCertificate(this.#context.committee, [prePrepare, ...prepares]);
    if (instance.prepared === undefined || instance.prepared.view < round.view) {
      instance.prepared = certificate;
    }
    this.#context.safety.notePrepared(certificate);
    const vote = this.#voteOf(VOTE_COMMIT, instance, round.view, digest);
    round.commitCast = this.#context.castVote(vote, [{ type: "prepared", certificate }]);
  }

  /** L40: committed: Q commits of one view for one digest. */
  #maybeCommitted(instance: Instance, round: Round): void {
    if (round.commits.size < this.#context.quorum) return;
    const tried: Hash[] = [];
    for (const { vote } of round.commits.values()) {
      if (tried.some((digest) => equalBytes(digest, vote.digest))) continue;
      tried.push(vote.digest);
      const commits = round.commitsFor(vote.digest);
      if (commits.length < this.#context.quorum) continue;
      if (instance.commit !== undefined && equalBytes(instance.commit.digest, vote.digest)) return;
      this.receiveCommit(instance, assembleCertificate(this.#context.committee, commits));
    }
  }

  #voteOf(type: Vote["type"], instance: Instance, view: View, digest: Hash): Vote {
    const { epoch } = this.#context.committee;
    return { type, epoch, view, sequence: instance.sequence, digest };
  }
}

/**
 * Execution judges suspicions by agreed time, which a lying primary can hold back for hours: so
 * those who vote judge them by their own clocks, or old words of many days would add up to Q.
 */
function restsOnOldWords({ removal }: Verified<CheckedBatch>, reading: Hlc): boolean {
  return removal !== undefined && hlcAddMs(removal.asOf, SUSPICION_MS_MAX) < reading;
}

function preparedIn(instance: Instance | undefined, view: View): Certificate | undefined {
  return instance?.prepared?.view === view ? instance.prepared : undefined;
}

/** What a pre-prepare or prepare of a first proposal rests on. */
export function batchRecord(instance: Instance, body: Verified<CheckedBatch>): PromiseRecord {
  instance.persisted.add(bodyName(body.digest));
  return { type: "batch", sequence: instance.sequence, digest: body.digest, batch: body.bytes };
}

function bodyName(digest: Hash): string {
  return toHex(digest);
}

function encodeBoth(held: Certificate, other: Certificate): readonly [Uint8Array, Uint8Array] {
  return [certificateCodec.encode(held), certificateCodec.encode(other)];
}
