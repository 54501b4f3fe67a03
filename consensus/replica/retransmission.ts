import type { Sequence } from "../../base/types.ts";
import { fetchStableCodec } from "../wire/agreement.ts";
import { VOTE_PRE_PREPARE } from "../wire/certificate.ts";
import { FRAME } from "../wire/frame.ts";
import type { Context } from "./context.ts";
import type { Log } from "./log.ts";
import type { Statements } from "./statements.ts";

/** Instances whose votes are sent again at a time: a pipeline and what a new view brought. */
const INSTANCES_MAX = 16;
/** Statements signed again at a time. */
const STATEMENTS_MAX = 8;

/**
 * L110: what has not progressed for a while is sent again, so that no lost message wedges anything:
 * our votes for what is not executed, our statements that nobody has certified.
 */
export class Retransmission {
  readonly #context: Context;
  readonly #log: Log;
  readonly #statements: Statements;
  #sentMs = 0;
  #certified = 0 as Sequence;
  #certifiedMs = 0;
  /** Something executed was not certified, a tick ago. */
  #wasBehind = false;

  constructor(context: Context, log: Log, statements: Statements) {
    this.#context = context;
    this.#log = log;
    this.#statements = statements;
  }

  tick(): void {
    const { monotonicMs } = this.#context.now;
    const { retransmitMs } = this.#context.timing;
    const certified = this.#statements.newest?.sequence ?? (0 as Sequence);
    const isBehind = certified < this.#context.executed;
    if (certified !== this.#certified || !isBehind || !this.#wasBehind) {
      this.#certified = certified;
      this.#certifiedMs = monotonicMs;
    }
    this.#wasBehind = isBehind;
    if (monotonicMs - this.#sentMs < retransmitMs) return;
    this.#sentMs = monotonicMs;
    if (monotonicMs - this.#context.progressMs >= retransmitMs) this.votes();
    if (monotonicMs - this.#certifiedMs >= retransmitMs) this.#uncertified(certified);
  }

  get dueMs(): number {
    return this.#sentMs + this.#context.timing.retransmitMs;
  }

  /** Our promised votes of this view for what is not executed, with the bodies that we proposed. */
  votes(): void {
    const { active, executed, safety, view } = this.#context;
    if (!active) return;
    const last = executed + INSTANCES_MAX;
    for (const vote of safety.votesAbove(executed)) {
      if (vote.view !== view || vote.sequence > last) continue;
      const { openedMs = 0 } = this.#log.find(vote.sequence) ?? {};
      const { monotonicMs } = this.#context.now;
      if (monotonicMs - openedMs < this.#context.timing.retransmitMs) continue;
      if (!this.#context.castVote(vote, [])) continue;
      if (vote.type !== VOTE_PRE_PREPARE) continue;
      const bytes = this.#log.find(vote.sequence)?.bodyBytes(vote.digest);
      if (bytes !== undefined) this.#context.send("all", FRAME.batch, bytes);
    }
  }

  #uncertified(above: Sequence): void {
    this.#statements.signAgain(STATEMENTS_MAX);
    this.#context.send("all", FRAME.fetchStable, fetchStableCodec.encode({ above }));
  }
}
