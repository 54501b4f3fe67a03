import type { Sequence } from "../../base/types.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { Context } from "./context.ts";
import type { Statements } from "./statements.ts";

/**
 * What follows a transfer under a weak certificate: f+1 equal statements of (n, root), the paper's
 * way to bring up a replica when no stable checkpoint can be had any more (TOCS §6.2).
 *
 * Why it is sound, with at most f liars:
 *
 * 1. The root is true. One of the f+1 is correct, and a correct replica states (n, root) only if it
 *    executed the committed batches up to n, or took the root as we do now from an earlier correct
 *    one; the first of them executed. One digest commits for each sequence (§4.2, §4.4), so nobody
 *    correct ever comes to another root at n.
 * 2. Our statement of n may follow. It says what execution would have said, `Safety` refuses it
 *    where we promised another, and the f+1 statements are durable before it (R11).
 * 3. Nothing that agreement rests on changes. Q statements excuse a replica from showing what it
 *    prepared below them, because any Q view-changes then hold one that names n (§4.4). f+1 do not:
 *    the one correct replica behind them may be missing from the next Q view-changes, and a batch
 *    that it alone executed would be ordered anew. So the application moves and nothing else: our
 *    watermarks stay, prepared certificates above the newest certified sequence are kept, in memory
 *    and on disk, and shown in every view-change; votes go on under the rules for a replica that
 *    has executed nothing there; and nobody is shown this root before Q state it.
 *
 * Once n or a later sequence that we executed is certified, the log begins there: below n it has no
 * commits to offer, and its window may end before what the others propose.
 */
export class WeakRoots {
  readonly #context: Context;
  readonly #statements: Statements;
  readonly #checkpoints: Checkpoints;
  /** The newest sequence that a weak certificate brought us to, until Q state it or a later one. */
  #root: Sequence | undefined;

  constructor(context: Context, statements: Statements, checkpoints: Checkpoints) {
    this.#context = context;
    this.#statements = statements;
    this.#checkpoints = checkpoints;
  }

  /** The application was brought here; also at start, from the promises. */
  entered(sequence: Sequence): void {
    this.#root = Math.max(this.#root ?? 0, sequence) as Sequence;
  }

  run(): void {
    const { newest, diverged } = this.#statements;
    const { executed, halted, transferring } = this.#context;
    if (this.#root === undefined || newest === undefined || newest.sequence < this.#root) return;
    if (halted || transferring !== undefined || diverged !== undefined) return;
    if (newest.sequence > executed) return;
    this.#checkpoints.beginAt(newest, this.#root);
    this.#root = undefined;
  }
}
