import type { Hlc, Sequence } from "../../base/types.ts";
import type { Statement, StatementCertificate } from "../../consensus/wire/certificate.ts";

interface StatedRoot {
  readonly statement: Statement;
  readonly certificate: StatementCertificate;
}

/** The state at a time: the last root up to it, and the next one, which is later. */
export interface PastRoot {
  readonly root: StatedRoot;
  /** Undefined: it is the newest. */
  readonly next: StatedRoot | undefined;
}

/**
 * Certificates of the sequences that the state still keeps readable: a statement is signed for each
 * of them anyway, so an answer about an earlier time needs no other proof.
 */
export class PastRoots {
  readonly #retains: (sequence: Sequence) => boolean;
  /** Ascending. */
  readonly #roots: StatedRoot[] = [];

  constructor(retains: (sequence: Sequence) => boolean) {
    this.#retains = retains;
  }

  add(root: StatedRoot): void {
    const { sequence } = root.statement;
    let at = this.#roots.length;
    while (at > 0 && this.#roots[at - 1]!.statement.sequence > sequence) at--;
    if (this.#roots[at - 1]?.statement.sequence === sequence) return;
    this.#roots.splice(at, 0, root);
    let gone = 0;
    while (gone < this.#roots.length && !this.#isReadable(this.#roots[gone]!)) gone++;
    if (gone > 0) this.#roots.splice(0, gone);
  }

  /** The earliest time that can be told of; undefined: none. */
  get oldest(): Hlc | undefined {
    return this.#roots.find((root) => this.#isReadable(root))?.statement.agreedTime;
  }

  /** Undefined: before the window, or a certificate there never came here. */
  at(time: Hlc): PastRoot | undefined {
    let [from, to] = [0, this.#roots.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#roots[middle]!.statement.agreedTime > time) to = middle;
      else from = middle + 1;
    }
    const root = this.#roots[from - 1];
    const next = this.#roots[from];
    if (root === undefined || !this.#isReadable(root)) return undefined;
    const { sequence } = root.statement;
    return next === undefined || next.statement.sequence === sequence + 1
      ? { root, next }
      : undefined;
  }

  #isReadable({ statement }: StatedRoot): boolean {
    return this.#retains(statement.sequence);
  }
}
