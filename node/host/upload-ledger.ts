import type { Hash } from "../../base/types.ts";
import { keyText } from "../../consensus/map/key-text.ts";
import {
  OUTCOME_ACCEPTED,
  OUTCOME_DIFFERS,
  OUTCOME_DISPUTED,
  OUTCOME_PENDING,
} from "../../consensus/execution/outcomes.ts";
import type { ExecutedWriteSet } from "../../consensus/application.ts";
import {
  UNSETTLED_BYTES_PER_WRITER_MAX,
  UNSETTLED_MS_MAX,
  UNSETTLED_SETS_PER_WRITER_MAX,
} from "../limits.ts";

/** What the smallest value costs on a disk. */
const VALUE_BYTES_MIN = 4096;

interface Charge {
  readonly writer: string;
  readonly sinceMs: number;
  bytes: number;
}

/**
 * Bytes that were uploaded on a writer's account and that no row names yet. They lie on our disk
 * until the store's grace ends even when their write set lies, runs out or is refused; so they stay
 * on the account for as long, and a writer with too much of it is told to try again later.
 *
 * Held in memory: a restart forgives, and the store begins a new grace with it.
 */
export class UploadLedger {
  readonly #monotonicMs: () => number;
  /** By write set, oldest first. */
  readonly #charges = new Map<string, Charge>();
  readonly #totals = new Map<string, { sets: number; bytes: number }>();

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** Whether this writer may have so many bytes more lying about. */
  admits(writer: string, bytes: number): boolean {
    const { sets, bytes: unsettled } = this.#totals.get(writer) ?? { sets: 0, bytes: 0 };
    return (
      sets < UNSETTLED_SETS_PER_WRITER_MAX && unsettled + bytes <= UNSETTLED_BYTES_PER_WRITER_MAX
    );
  }

  charge(writer: string, writeSet: Hash, size: number): void {
    const name = keyText(writeSet);
    const bytes = Math.max(size, VALUE_BYTES_MIN);
    const total = this.#totals.get(writer) ?? { sets: 0, bytes: 0 };
    this.#totals.set(writer, total);
    total.bytes += bytes;
    const charge = this.#charges.get(name);
    if (charge !== undefined) {
      charge.bytes += bytes;
      return;
    }
    total.sets++;
    this.#charges.set(name, { writer, sinceMs: this.#monotonicMs(), bytes });
  }

  /** Rows name its values now, unless a write of it was refused. */
  executed({ writeSet, result, code }: ExecutedWriteSet): void {
    if (code !== 0 || result === undefined) return;
    if (result.outcomes.every((outcome) => NAMING.has(outcome.code))) this.#forget(writeSet.digest);
  }

  sweep(): void {
    const oldestMs = this.#monotonicMs() - UNSETTLED_MS_MAX;
    for (const [name, charge] of this.#charges) {
      if (charge.sinceMs >= oldestMs) return;
      this.#drop(name, charge);
    }
  }

  #forget(writeSet: Hash): void {
    const name = keyText(writeSet);
    const charge = this.#charges.get(name);
    if (charge !== undefined) this.#drop(name, charge);
  }

  #drop(name: string, { writer, bytes }: Charge): void {
    this.#charges.delete(name);
    const total = this.#totals.get(writer);
    if (total === undefined) return;
    total.sets--;
    total.bytes -= bytes;
    if (total.sets === 0) this.#totals.delete(writer);
  }
}

/** After these an entry or a vote names the value. */
const NAMING: ReadonlySet<number> = new Set([
  OUTCOME_ACCEPTED,
  OUTCOME_PENDING,
  OUTCOME_DIFFERS,
  OUTCOME_DISPUTED,
]);
