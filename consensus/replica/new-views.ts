import { equalBytes } from "../../base/bytes.ts";
import type { Hash, ReplicaIndex, Sequence, View } from "../../base/types.ts";
import { primaryOf } from "../committee.ts";
import { newViewCodec } from "../wire/agreement.ts";
import type { NewView, Reproposal } from "../wire/agreement.ts";
import { SIGNED_NEW_VIEW, VOTE_PRE_PREPARE, signedCodec } from "../wire/certificate.ts";
import type { Signed } from "../wire/certificate.ts";
import { FRAME } from "../wire/frame.ts";
import type { Context } from "./context.ts";
import type { ReceivedNewView } from "./input.ts";
import type { Bodies } from "./bodies.ts";
import type { Log } from "./log.ts";
import { reproposalsOf } from "./reproposals.ts";
import type { Requests } from "./requests.ts";
import type { Statements } from "./statements.ts";
import type { ViewChanges } from "./view-changes.ts";

interface NewViewParts {
  readonly context: Context;
  readonly log: Log;
  readonly bodies: Bodies;
  readonly requests: Requests;
  readonly statements: Statements;
  readonly viewChanges: ViewChanges;
}

/** Entering a view (Castro–Liskov §4.4): the primary's proof that it may, and what it must repeat. */
export class NewViews {
  readonly #parts: NewViewParts;
  readonly #context: Context;
  /** Of the view that we are in, for whoever is late. */
  #entered: { readonly view: View; readonly signed: Signed } | undefined;
  #signedView = 0 as View;
  readonly #toldMs = new Map<ReplicaIndex, number>();

  constructor(parts: NewViewParts) {
    this.#parts = parts;
    this.#context = parts.context;
  }

  /** L95: the primary of our view signs its new-view once Q have asked for it. */
  run(): void {
    const { active, isPrimary, view, silent } = this.#context;
    if (active || !isPrimary || silent || this.#signedView === view) return;
    const viewChanges = this.#parts.viewChanges.quorum();
    if (viewChanges === undefined) return;
    const { epoch } = this.#context.committee;
    const { list: reproposals } = reproposalsOf(viewChanges, this.#context.nullDigest);
    const signed = viewChanges.map((each) => each.signed);
    this.sign(view, newViewCodec.encode({ epoch, view, viewChanges: signed, reproposals }));
  }

  sign(view: View, body: Uint8Array): void {
    const verdict = this.#context.safety.permitNewView(view, body);
    if (verdict === "refused") return;
    this.#signedView = view;
    const { epoch } = this.#context.committee;
    if (verdict === "first") this.#context.persist({ type: "new-view", epoch, view, body });
    this.#context.sign(SIGNED_NEW_VIEW, body);
  }

  /** L96: verified with everything inside; what is left is whether O follows from V. */
  receive(received: ReceivedNewView): void {
    const { author, message, signed, viewChanges } = received;
    const { view, active, committee } = this.#context;
    if (message.epoch !== committee.epoch || author !== primaryOf(committee, message.view)) return;
    if (message.view < view) return;
    if (message.view === view && active) {
      // Our own again after a restart: kept for whoever is late.
      this.#entered ??= { view, signed };
      return;
    }
    const { stable, low, list } = reproposalsOf(viewChanges, this.#context.nullDigest);
    if (!equalLists(message.reproposals, list)) {
      this.#context.drop("new-view with wrong reproposals");
      return;
    }
    if (!this.#promise(message, signed.body)) return;
    if (stable !== undefined) this.#parts.statements.adopt(stable);
    this.#entered = { view: message.view, signed };
    this.enter(message.view, low, list);
  }

  /** L97: also at start, for the view that the promises say we were in. */
  enter(view: View, low: Sequence, list: readonly Reproposal[]): void {
    const { log, bodies, requests, viewChanges } = this.#parts;
    const digests = new Map<Sequence, Hash>(list.map(({ sequence, digest }) => [sequence, digest]));
    const high = list.at(-1)?.sequence ?? low;
    this.#context.view = view;
    this.#context.active = true;
    this.#context.primaryLost = false;
    this.#context.enteredMs = this.#context.now.monotonicMs;
    this.#context.mandate = { low, high, digests };
    this.#context.proposed = high;
    this.#context.emit({ type: "view", view, active: true });
    viewChanges.entered();
    log.dropRoundsBelow((view - 1) as View);
    requests.restart();
    for (const { sequence, digest } of list) this.#open(bodies, sequence, digest);
    log.touchAbove(log.kept);
  }

  /** L98: somebody asks for a view that we are in already, or have left behind. */
  tell(author: ReplicaIndex, asked: View): void {
    const entered = this.#entered;
    if (entered === undefined || asked > entered.view || author === this.#context.index) return;
    const { monotonicMs } = this.#context.now;
    const told = this.#toldMs.get(author);
    if (told !== undefined && monotonicMs - told < this.#context.timing.retransmitMs) return;
    this.#toldMs.set(author, monotonicMs);
    this.#context.send(author, FRAME.signed, signedCodec.encode(entered.signed));
  }

  #promise(message: NewView, body: Uint8Array): boolean {
    if (this.#context.silent) return true;
    const verdict = this.#context.safety.permitNewView(message.view, body);
    if (verdict === "refused") {
      this.#context.drop("new-view refused by safety");
      return false;
    }
    const { epoch, view } = message;
    if (verdict === "first") this.#context.persist({ type: "new-view", epoch, view, body });
    return true;
  }

  /** The primary proposes it again; a backup waits for that vote, with the body looked for. */
  #open(bodies: Bodies, sequence: Sequence, digest: Hash): void {
    const { log } = this.#parts;
    if (!log.isInWindow(sequence)) return;
    const instance = log.at(sequence, this.#context.now.monotonicMs);
    if (this.#context.isPrimary) {
      const { epoch } = this.#context.committee;
      const { view } = this.#context;
      this.#context.castVote({ type: VOTE_PRE_PREPARE, epoch, view, sequence, digest }, []);
    }
    bodies.claim(instance, digest);
  }
}

function equalLists(left: readonly Reproposal[], right: readonly Reproposal[]): boolean {
  return (
    left.length === right.length &&
    left.every((each, index) => {
      const other = right[index];
      return other?.sequence === each.sequence && equalBytes(other.digest, each.digest);
    })
  );
}
