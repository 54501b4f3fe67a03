import { invariant, assertUnreachable } from "../../base/assert.ts";
import { equalBytes } from "../../base/bytes.ts";
import type { ReplicaIndex, Sequence, View } from "../../base/types.ts";
import type { Application } from "../application.ts";
import { isWeakCertificate } from "../certificates.ts";
import { WINDOW_LENGTH } from "../limits.ts";
import type { Committee } from "../committee.ts";
import type { Crypto } from "../crypto.ts";
import { Safety } from "../safety.ts";
import type { PeekedVotes } from "../take-apart.ts";
import type { Verifier } from "../verifier.ts";
import { VOTE_ACKNOWLEDGEMENT, statementCodec } from "../wire/certificate.ts";
import type { StatementCertificate } from "../wire/certificate.ts";
import type { WriteSetHeader } from "../wire/write-set.ts";
import { Agreement } from "./agreement.ts";
import { Answers } from "./answers.ts";
import { Availability } from "./availability.ts";
import { Bodies } from "./bodies.ts";
import { CatchUp } from "./catch-up.ts";
import { Checkpoints } from "./checkpoints.ts";
import { Context } from "./context.ts";
import type { EpochEntry } from "./context.ts";
import { Evidence } from "./evidence.ts";
import { Executing } from "./executing.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { Input, Now, ReceivedVote } from "./input.ts";
import { Log } from "./log.ts";
import { NewViews } from "./new-views.ts";
import type { Output, PromiseRecord, RefusalReason } from "./output.ts";
import { Proposing } from "./proposing.ts";
import { Requests } from "./requests.ts";
import { Restoring } from "./restoring.ts";
import { Retransmission } from "./retransmission.ts";
import { authorOf, epochOf } from "./said-by.ts";
import { Showing } from "./showing.ts";
import { Silence } from "./silence.ts";
import { Statements } from "./statements.ts";
import { TIMING_DEFAULT } from "./timing.ts";
import type { Timing } from "./timing.ts";
import { ViewChanges } from "./view-changes.ts";
import { WeakRoots } from "./weak-roots.ts";

export interface ReplicaOptions {
  readonly committee: Committee;
  /** Our place among the members. */
  readonly index: ReplicaIndex;
  readonly timing?: Partial<Timing>;
  /**
   * The promise file's records in their order; none at a first boot. "missing": there is no file,
   * or it fails its check: the replica is amnesiac.
   */
  readonly promises: readonly PromiseRecord[] | "missing";
  /** What led into the committee's epoch; absent in the first. */
  readonly entry?: EpochEntry | undefined;
  /** The host's latch: contradictory certificates were seen before (R14). */
  readonly halted?: boolean;
  /** Names, in hex, of contradictions that an operator has released: they halt it no more. */
  readonly released?: ReadonlySet<string>;
}

export interface ReplicaDependencies {
  readonly application: Application;
  readonly crypto: Pick<Crypto, "hash">;
  readonly verifier: Verifier;
}

/** What a status page shows. */
export interface ReplicaStatus {
  readonly view: View;
  readonly active: boolean;
  readonly primary: ReplicaIndex;
  /** Last executed. */
  readonly sequence: Sequence;
  /** Highest certified sequence seen. */
  readonly certified: Sequence;
  /** Last stable checkpoint. */
  readonly stable: Sequence;
  /** Write sets that could be ordered and are not executed. */
  readonly pendingCount: number;
  /** Write sets whose bytes are under way. */
  readonly awaitedCount: number;
  /** Why it signs nothing; undefined: it remembers its promises. */
  readonly amnesia: string | undefined;
  readonly halted: boolean;
  readonly transferring: boolean;
  /** How often our root differed from a certified one. */
  readonly divergedCount: number;
  readonly dropCounts: ReadonlyMap<string, number>;
}

/** Rounds of looking again in one step; each makes an instance advance, so few are ever needed. */
const SETTLE_COUNT_MAX = 4 * WINDOW_LENGTH;

/**
 * One replica of PBFT as a state machine: same state and input, same outputs. Every input only
 * changes state; then each concern looks once at what has become possible. A step is atomic: no
 * timer can fire between a message and its consequences.
 */
export class Replica {
  readonly #context: Context;
  readonly #log: Log;
  readonly #bodies: Bodies;
  readonly #agreement: Agreement;
  readonly #showing: Showing;
  readonly #statements: Statements;
  readonly #requests: Requests;
  readonly #availability: Availability;
  readonly #executing: Executing;
  readonly #checkpoints: Checkpoints;
  readonly #weakRoots: WeakRoots;
  readonly #heartbeats: Heartbeats;
  readonly #viewChanges: ViewChanges;
  readonly #newViews: NewViews;
  readonly #proposing: Proposing;
  readonly #catchUp: CatchUp;
  readonly #answers: Answers;
  readonly #retransmission: Retransmission;
  readonly #restoring: Restoring;
  readonly #silence: Silence;

  constructor(options: ReplicaOptions, { application, crypto, verifier }: ReplicaDependencies) {
    const { committee, index, promises, entry } = options;
    const timing = { ...TIMING_DEFAULT, ...options.timing };
    const safety = Safety.recover(committee.epoch, promises, application.sequence);
    const { hash } = crypto;
    const released = options.released ?? new Set();
    const parts = { committee, index, timing, application, hash, verifier, safety, entry };
    const context = new Context({ ...parts, released });
    const log = new Log(context.boundary, 2 * timing.checkpointInterval);
    safety.forget(context.boundary);
    const evidence = new Evidence(context);
    const bodies = new Bodies(context, log);
    const statements = new Statements(context, log, evidence);
    const requests = new Requests(context);
    const availability = new Availability(context, requests);
    const agreement = new Agreement(context, log, bodies, evidence);
    const viewChanges = new ViewChanges(context, log, statements, agreement);
    const newViews = new NewViews({ context, log, bodies, requests, statements, viewChanges });
    this.#context = context;
    this.#log = log;
    this.#bodies = bodies;
    this.#agreement = agreement;
    this.#showing = new Showing(context, log, evidence);
    this.#statements = statements;
    this.#requests = requests;
    this.#availability = availability;
    this.#viewChanges = viewChanges;
    this.#newViews = newViews;
    this.#executing = new Executing(context, log, [statements, requests, availability]);
    this.#checkpoints = new Checkpoints(context, log, statements);
    this.#weakRoots = new WeakRoots(context, statements, this.#checkpoints);
    this.#heartbeats = new Heartbeats(context, statements);
    this.#silence = new Silence(context);
    this.#proposing = new Proposing({
      context,
      log,
      requests,
      availability,
      silence: this.#silence,
    });
    this.#catchUp = new CatchUp(context, log, statements, this.#heartbeats);
    this.#answers = new Answers(context, log, bodies, statements);
    this.#retransmission = new Retransmission(context, log, statements);
    this.#restoring = new Restoring({
      ...{ context, log, statements, viewChanges, newViews },
      weakRoots: this.#weakRoots,
    });
    context.halted = options.halted ?? false;
    if (promises !== "missing") this.#restoring.restore(promises);
  }

  /** One atomic step. Outputs are to be carried out in order (see `Output`). */
  step(input: Input, now: Now): Output[] {
    this.#context.now = now;
    if (this.#context.halted) this.#handleHalted(input);
    else {
      this.#handle(input);
      this.#settle();
    }
    return this.#context.takeOutputs();
  }

  get status(): ReplicaStatus {
    const { view, active, primary, executed, safety, halted, transferring } = this.#context;
    return {
      view,
      active,
      primary,
      sequence: executed,
      certified: this.#statements.newest?.sequence ?? (0 as Sequence),
      stable: this.#log.low,
      pendingCount: this.#requests.count,
      awaitedCount: this.#availability.count,
      amnesia: safety.amnesia,
      halted,
      transferring: transferring !== undefined,
      divergedCount: this.#statements.divergedCount,
      dropCounts: this.#context.dropCounts,
    };
  }

  /** The certificate of an executed sequence, while it is kept. */
  certificateAt(sequence: Sequence): StatementCertificate | undefined {
    return this.#statements.certificateAt(sequence);
  }

  /** Why a write set with this header would not be taken in: asked before its signature is checked. */
  judge(header: WriteSetHeader): RefusalReason | undefined {
    return this.#requests.judge(header);
  }

  /**
   * Whether verifying this pack now could change anything. What a quorum has decided needs no more
   * votes, but a contradiction of a held vote is always wanted (R13). A host may postpone or
   * drop the others, unverified.
   */
  needs({ author, votes }: PeekedVotes): boolean {
    const { committee, view, halted, index } = this.#context;
    if (halted || this.#context.isQuarantined(author)) return false;
    if (author === index) return true;
    return votes.some((vote) => {
      if (vote.epoch !== committee.epoch) return false;
      if (vote.type === VOTE_ACKNOWLEDGEMENT) return this.#availability.needs(author, vote);
      if (vote.view > view && !this.#viewChanges.hasSeen(author, vote.view)) return true;
      return Math.abs(vote.view - view) <= 1 && this.#agreement.needs(author, vote);
    });
  }

  /**
   * The heartbeat over a reader's nonce that this replica may sign at this moment, encoded; ask
   * after its own statements were fed back. Undefined: it signs none now.
   */
  probe(nonce: Uint8Array, now: Now): Uint8Array | undefined {
    this.#context.now = now;
    return this.#heartbeats.body(nonce);
  }

  #handle(input: Input): void {
    const author = authorOf(input);
    if (author !== undefined && this.#context.isQuarantined(author)) {
      this.#context.drop("a word from quarantine");
      return;
    }
    if ((epochOf(input) ?? this.#context.committee.epoch) !== this.#context.committee.epoch) {
      this.#context.drop("a word of another epoch");
      return;
    }
    switch (input.type) {
      case "start":
        return this.#start();
      case "tick":
        return this.#tick();
      case "write-set":
        return this.#receiveWriteSet(input);
      case "available":
        return this.#availability.available(input.digest);
      case "availability":
        return this.#availability.complete(input.certificate);
      case "vote":
        return this.#receiveVote(input.vote);
      case "batch":
        return this.#bodies.receive(input.from, input.batch);
      case "proposal":
        return this.#showing.receive(input.from, input.proposal);
      case "statement":
        this.#heard(input.statement.author);
        return this.#statements.receive(input.statement);
      case "heartbeat":
        this.#heard(input.heartbeat.author);
        return this.#heartbeats.receive(input.heartbeat);
      case "view-change":
        return this.#receiveViewChange(input.viewChange);
      case "new-view":
        return this.#newViews.receive(input.newView);
      case "suspicion":
        return this.#silence.receive(input.suspicion);
      case "committed":
        return this.#receiveCommitted(input);
      case "fetch-batch":
        return this.#answers.batch(input.from, input.fetch);
      case "fetch-committed":
        return this.#answers.committed(input.from, input.fetch);
      case "fetch-stable":
        return this.#answers.stable(input.from, input.fetch);
      case "certificate":
        this.#catchUp.declined();
        return this.#statements.adopt(input.certificate);
      case "transferred":
        return this.#transferred(input.certificate);
      case "transfer-failed":
        return this.#catchUp.transferFailed();
      case "peer-up":
        return this.#silence.found(input.index);
      case "peer-lost":
        this.#silence.lost(input.index);
        if (input.index === this.#context.primary) this.#context.primaryLost = true;
        return;
      default:
        assertUnreachable(input);
    }
  }

  /** Halted: old receipts are still served, and peers may still fetch; nothing else moves. */
  #handleHalted(input: Input): void {
    if (input.type === "fetch-batch") this.#answers.batch(input.from, input.fetch);
    if (input.type === "fetch-committed") this.#answers.committed(input.from, input.fetch);
    if (input.type === "fetch-stable") this.#answers.stable(input.from, input.fetch);
  }

  /** After every input: whatever has become possible happens in the same step. */
  #settle(): void {
    for (let count = 0; count < SETTLE_COUNT_MAX; count++) {
      for (const instance of this.#log.takeTouched()) {
        this.#agreement.advance(instance);
        this.#showing.look(instance);
      }
      this.#executing.run();
      this.#weakRoots.run();
      this.#checkpoints.run();
      this.#newViews.run();
      this.#proposing.run();
      if (!this.#log.isTouched || this.#context.halted) return;
    }
  }

  #start(): void {
    const { monotonicMs } = this.#context.now;
    this.#context.progressMs = monotonicMs;
    this.#silence.start();
    this.#executing.run();
    this.#restoring.resume();
    this.#retransmission.votes();
  }

  #tick(): void {
    this.#proposing.tick();
    this.#heartbeats.tick();
    this.#availability.tick();
    this.#viewChanges.tick();
    this.#retransmission.tick();
    this.#showing.tick();
    this.#silence.tick();
    this.#catchUp.tick();
    const { active, isEpochOver } = this.#context;
    // What waits at the end of an epoch waits for the next one, not for another primary.
    if (active && !isEpochOver && this.#requests.tick()) this.#viewChanges.suspect();
    if (this.#context.now.monotonicMs >= this.#fillingDueMs) this.#viewChanges.suspect();
    if (this.#leavesLiar) this.#viewChanges.suspect();
  }

  /**
   * Up to here, monotonic milliseconds, ticks do nothing unless some other input comes first: a
   * host in virtual time need not send them.
   */
  get tickDueMs(): number {
    if (this.#leavesLiar) return 0;
    return Math.min(
      this.#heartbeats.dueMs,
      this.#retransmission.dueMs,
      this.#proposing.dueMs,
      this.#availability.dueMs,
      this.#viewChanges.dueMs,
      this.#catchUp.dueMs,
      this.#context.isEpochOver ? Number.POSITIVE_INFINITY : this.#requests.dueMs,
      this.#fillingDueMs,
      this.#showing.dueMs,
      this.#silence.dueMs,
    );
  }

  /** A primary that does not bring the epoch to its decided end is replaced like an idle one. */
  get #fillingDueMs(): number {
    const { active, silent, epochEnd, isEpochOver, transferring } = this.#context;
    const { progressMs, enteredMs } = this.#context;
    const waits = active && !silent && transferring === undefined;
    const { entry, executed, boundary } = this.#context;
    const begins = entry !== undefined && executed === boundary;
    const ends = epochEnd !== undefined && !isEpochOver;
    if (!waits || !(begins || ends)) return Number.POSITIVE_INFINITY;
    return Math.max(progressMs, enteredMs) + this.#requests.timeoutMs();
  }

  /** The primary of our view is proven to have lied: no timer has to run out. */
  get #leavesLiar(): boolean {
    const { active, silent, primary } = this.#context;
    return active && !silent && this.#context.isQuarantined(primary);
  }

  #receiveWriteSet({ writeSet, origin }: Extract<Input, { readonly type: "write-set" }>): void {
    if (writeSet.inline && this.#requests.has(writeSet)) return;
    const { header, digest } = writeSet;
    let reason = this.#requests.judge(header);
    if (reason === undefined) {
      reason = writeSet.inline
        ? this.#requests.add(writeSet, undefined)
        : this.#availability.add(writeSet);
    }
    if (reason !== undefined) {
      if (origin === "client") this.#context.emit({ type: "refused", digest, reason });
      else this.#context.drop(`forwarded write set ${reason}`);
      return;
    }
    if (origin === "client" && writeSet.inline) this.#requests.forward(writeSet);
  }

  #receiveVote(received: ReceivedVote): void {
    const { vote, packed } = received;
    this.#heard(packed.author);
    if (vote.type === VOTE_ACKNOWLEDGEMENT) {
      this.#availability.receive(received);
      return;
    }
    this.#viewChanges.saw(packed.author, vote.view);
    // Who still votes in a view that we left has missed its end.
    const { active, view } = this.#context;
    if (active && vote.view < view) this.#newViews.tell(packed.author, vote.view);
    this.#agreement.receive(received);
  }

  #receiveViewChange(viewChange: Extract<Input, { type: "view-change" }>["viewChange"]): void {
    const { author, message } = viewChange;
    this.#viewChanges.receive(viewChange);
    if (this.#context.active) this.#newViews.tell(author, message.newView);
  }

  #receiveCommitted({ commit, batch }: Extract<Input, { readonly type: "committed" }>): void {
    const { executed, now } = this.#context;
    const { sequence } = commit;
    const isWanted =
      sequence > executed && sequence <= Math.min(executed + WINDOW_LENGTH, this.#log.end);
    if (!isWanted) {
      this.#context.drop("committed batch that nobody needs");
      return;
    }
    const instance = this.#log.at(sequence, now.monotonicMs);
    this.#agreement.receiveCommit(instance, commit);
    if (instance.wants(batch.digest)) instance.addBody(batch);
    this.#executing.run();
    this.#catchUp.progressed();
  }

  #transferred({ statement }: StatementCertificate): void {
    const { application, transferring: certificate, committee } = this.#context;
    if (certificate === undefined || !equalBytes(certificate.statement, statement)) {
      this.#context.drop("transfer that nobody waits for");
      return;
    }
    const { sequence } = statementCodec.decode(statement);
    invariant(application.sequence === sequence, "a transfer brings the application to its root", {
      application: application.sequence,
      sequence,
    });
    const isWeak = isWeakCertificate(committee, certificate);
    this.#context.transferring = undefined;
    this.#context.executed = sequence;
    this.#context.progressMs = this.#context.now.monotonicMs;
    if (!isWeak) this.#statements.adopt(certificate);
    this.#statements.transferred(sequence);
    if (isWeak) this.#weakRoots.entered(sequence);
    else this.#checkpoints.restart(sequence, certificate);
    this.#statements.executed(sequence);
    this.#catchUp.transferred();
    this.#log.touchAbove(sequence);
  }

  #heard(author: ReplicaIndex): void {
    if (author === this.#context.primary) this.#context.primaryLost = false;
  }
}
