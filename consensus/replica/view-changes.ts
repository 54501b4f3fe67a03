import type { ReplicaIndex, Sequence, View } from "../../base/types.ts";
import { viewChangeCodec } from "../wire/agreement.ts";
import type { ViewChange } from "../wire/agreement.ts";
import { SIGNED_VIEW_CHANGE, signedCodec } from "../wire/certificate.ts";
import { FRAME } from "../wire/frame.ts";
import type { Agreement } from "./agreement.ts";
import type { Context } from "./context.ts";
import type { ReceivedSigned } from "./input.ts";
import type { Log } from "./log.ts";
import type { Statements } from "./statements.ts";

type ReceivedViewChange = ReceivedSigned<ViewChange>;

/**
 * Leaving a view (Castro–Liskov §4.4, §4.5.2).
 *
 * 1. From the view-change on, nothing of a lower view is voted for (safety holds that); commit
 *    certificates are still believed, because they are final.
 * 2. The checkpoint in our view-change is our newest certified sequence, since each executed
 *    sequence has a certificate here, so only what is in flight needs prepared certificates.
 * 3. A replica that finds f+1 others in higher views joins them, and the timer that gives a new
 *    primary up runs only once Q have asked for its view or a later one; so one that left alone
 *    waits for company instead of racing ahead, and company that has gone on counts.
 */
export class ViewChanges {
  readonly #context: Context;
  readonly #log: Log;
  readonly #statements: Statements;
  readonly #agreement: Agreement;
  /** The view-change for the highest view that each member asked for. */
  readonly #received = new Map<ReplicaIndex, ReceivedViewChange>();
  /** The highest view in which each member signed anything. */
  readonly #seen = new Map<ReplicaIndex, View>();
  /** When Q view-changes for our view or later ones were here, monotonic milliseconds. */
  #quorumMs: number | undefined;
  #sentMs = 0;

  constructor(context: Context, log: Log, statements: Statements, agreement: Agreement) {
    this.#context = context;
    this.#log = log;
    this.#statements = statements;
    this.#agreement = agreement;
  }

  /** L90: our primary is suspected. */
  suspect(): void {
    this.start((this.#context.view + 1) as View);
  }

  /** L91: asks for a view above ours and leaves the present one. */
  start(view: View): void {
    if (this.#context.silent || view <= this.#context.view) return;
    const body = this.#encode(view);
    const verdict = this.#context.safety.permitViewChange(view, body);
    if (verdict === "refused") {
      this.#context.drop("view-change refused by safety");
      return;
    }
    const { epoch } = this.#context.committee;
    this.#context.view = view;
    this.#context.active = false;
    this.#context.primaryLost = false;
    this.#context.fruitlessViewCount++;
    this.#quorumMs = undefined;
    this.#sentMs = this.#context.now.monotonicMs;
    if (verdict === "first") this.#context.persist({ type: "view-change", epoch, view, body });
    this.#context.sign(SIGNED_VIEW_CHANGE, body);
    this.#context.emit({ type: "view", view, active: false });
    this.#maybeQuorum();
  }

  /** L92 */
  receive(received: ReceivedViewChange): void {
    const { author, message } = received;
    if (message.epoch !== this.#context.committee.epoch) return;
    const held = this.#received.get(author);
    if (held === undefined || held.message.newView < message.newView) {
      this.#received.set(author, received);
    }
    if (message.stable !== undefined) this.#statements.adopt(message.stable);
    for (const certificate of message.prepared) this.#agreement.compare(certificate);
    this.saw(author, message.newView);
    this.#maybeQuorum();
  }

  /** L93: a member signed something in this view. With f+1 in higher views a correct one is. */
  saw(author: ReplicaIndex, view: View): void {
    if (view <= (this.#seen.get(author) ?? 0)) return;
    this.#seen.set(author, view);
    const views = [...this.#seen.values()].sort((left, right) => right - left);
    const joined = views[this.#context.weakQuorum - 1];
    if (joined !== undefined && joined > this.#context.view) this.start(joined);
  }

  hasSeen(author: ReplicaIndex, view: View): boolean {
    return view <= (this.#seen.get(author) ?? 0);
  }

  /** Q of distinct authors for our view, ascending, ours among them; undefined: not yet. */
  quorum(): readonly ReceivedViewChange[] | undefined {
    const asked = this.#forOurView();
    if (asked.length < this.#context.quorum) return undefined;
    const own = asked.filter(({ author }) => author === this.#context.index);
    const others = asked.filter(({ author }) => author !== this.#context.index);
    const chosen = [...own, ...others].slice(0, this.#context.quorum);
    return chosen.sort((left, right) => left.author - right.author);
  }

  /** L94: sends again until the view is entered; gives it up when its primary is late. */
  tick(): void {
    if (this.#context.active || this.#context.silent) return;
    const { monotonicMs } = this.#context.now;
    const { retransmitMs } = this.#context.timing;
    if (this.#quorumMs !== undefined && monotonicMs - this.#quorumMs >= this.#patienceMs) {
      this.suspect();
      return;
    }
    if (monotonicMs - this.#sentMs < retransmitMs) return;
    this.#sentMs = monotonicMs;
    this.sendAgain();
  }

  get dueMs(): number {
    if (this.#context.active || this.#context.silent) return Number.POSITIVE_INFINITY;
    const againMs = this.#sentMs + this.#context.timing.retransmitMs;
    if (this.#quorumMs === undefined) return againMs;
    return Math.min(againMs, this.#quorumMs + this.#patienceMs);
  }

  /** For the new-view, once a quorum asks for it: none with a primary whom nobody listens to. */
  get #patienceMs(): number {
    if (this.#context.isQuarantined(this.#context.primary)) return 0;
    return this.#context.backedOff(this.#context.timing.viewChangeMs);
  }

  sendAgain(): void {
    const own = this.#received.get(this.#context.index);
    if (own?.message.newView === this.#context.view) {
      this.#context.send("all", FRAME.signed, signedCodec.encode(own.signed));
    }
  }

  entered(): void {
    this.#quorumMs = undefined;
  }

  #forOurView(): ReceivedViewChange[] {
    const { view } = this.#context;
    return [...this.#received.values()].filter(({ message }) => message.newView === view);
  }

  #maybeQuorum(): void {
    if (this.#context.active || this.#quorumMs !== undefined) return;
    const { view, quorum } = this.#context;
    // Who asks for a later view has given ours up, and will never ask for it again.
    const asked = [...this.#received.values()].filter(({ message }) => message.newView >= view);
    if (asked.length < quorum) return;
    this.#quorumMs = this.#context.now.monotonicMs;
  }

  #encode(newView: View): Uint8Array {
    const { epoch } = this.#context.committee;
    const low = this.#statements.newest?.sequence ?? (0 as Sequence);
    const prepared = this.#log.above(low).flatMap((instance) => instance.prepared ?? []);
    const stable = this.#statements.newest?.certificate;
    return viewChangeCodec.encode({ epoch, newView, stable, prepared });
  }
}
