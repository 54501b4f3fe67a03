import type { Sequence } from "../../base/types.ts";
import type { StatementCertificate } from "../wire/certificate.ts";
import type { Context } from "./context.ts";
import type { Log } from "./log.ts";
import type { CertifiedAt, Statements } from "./statements.ts";

/**
 * L70: each K-th certified statement is a stable checkpoint (Castro–Liskov §4.3). Log, versions and
 * promises are dropped up to the one before it, so that two are always kept.
 */
export class Checkpoints {
  readonly #context: Context;
  readonly #log: Log;
  readonly #statements: Statements;

  constructor(context: Context, log: Log, statements: Statements) {
    this.#context = context;
    this.#log = log;
    this.#statements = statements;
  }

  run(): void {
    const { executed, halted, transferring } = this.#context;
    if (halted || transferring !== undefined || this.#statements.diverged !== undefined) return;
    let next = this.#nextAfter(this.#log.low);
    while (next <= executed) {
      const certificate = this.#statements.certificateAt(next);
      if (certificate !== undefined) this.#stabilise(next, certificate);
      next = this.#nextAfter(next);
    }
  }

  /** After a transfer: everything below its root is past. */
  restart(sequence: Sequence, certificate: StatementCertificate): void {
    this.#context.persist({ type: "stable", certificate });
    // The record of the statement at this very place stays.
    this.#drop(sequence, sequence, (sequence - 1) as Sequence);
  }

  /** What a weak certificate brought us to is certified at last: below it our log has a gap. */
  beginAt({ sequence, certificate }: CertifiedAt, kept: Sequence): void {
    if (kept <= this.#log.kept) return;
    this.#context.persist({ type: "stable", certificate });
    this.#drop(Math.max(sequence, this.#log.low) as Sequence, kept, (kept - 1) as Sequence);
    this.#log.touchAbove(sequence);
  }

  #nextAfter(sequence: Sequence): Sequence {
    const { checkpointInterval } = this.#context.timing;
    return ((Math.floor(sequence / checkpointInterval) + 1) * checkpointInterval) as Sequence;
  }

  #stabilise(sequence: Sequence, certificate: StatementCertificate): void {
    const previous = this.#log.low;
    this.#context.persist({ type: "stable", certificate });
    this.#drop(sequence, previous, previous);
    this.#log.touchAbove(sequence);
  }

  #drop(low: Sequence, kept: Sequence, truncateBelow: Sequence): void {
    this.#log.advance(low, kept);
    this.#statements.prune(kept);
    this.#context.safety.forget(kept);
    this.#context.application.release(kept);
    if (truncateBelow <= 0) return;
    for (const record of this.#context.safety.viewRecords()) this.#context.persist(record);
    this.#context.emit({ type: "truncate", below: truncateBelow });
  }
}
