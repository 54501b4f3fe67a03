import { toHex } from "../../../base/bytes.ts";
import type { Hash, Sequence } from "../../../base/types.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import type { EntryRow } from "../../../consensus/wire/rows.ts";
import { OPERATION_PUT, OPERATION_WITHDRAW } from "../../../consensus/wire/write-set.ts";
import type { Write } from "../../../consensus/wire/write-set.ts";
import { KIND_VERSIONED } from "../world/kinds.ts";

export interface Place {
  readonly namespace: string;
  readonly key: Hash;
  readonly sequence: Sequence;
}

interface Vote {
  readonly operator: string;
  readonly answer: string;
  readonly succeeds: number;
  readonly sequence: number;
  withdrawnAt: number;
}

/** Codes of execution that leave a vote in the entry's row. */
const COUNTED: ReadonlySet<number> = new Set([0, 32, 33, 34, 35]);

/** Who has said what of which key, in the order of the writes, and nothing that execution made of it. */
export class OrderedVotes {
  readonly #votes = new Map<string, Vote[]>();
  readonly #served = new Map<string, string>();

  note(write: Write, operator: string, code: number, sequence: number): void {
    if (write.key === undefined) return;
    const key = `${write.namespace} ${keyText(write.key)}`;
    const list = this.#votes.get(key) ?? [];
    this.#votes.set(key, list);
    if (write.operation === OPERATION_WITHDRAW && code === 0) {
      for (const vote of list) {
        if (vote.operator === operator) vote.withdrawnAt = Math.min(vote.withdrawnAt, sequence);
      }
    }
    if (write.operation !== OPERATION_PUT || !COUNTED.has(code)) return;
    const answer = `${write.kind} ${write.semanticDigest === undefined ? "" : toHex(write.semanticDigest)}`;
    const { succeeds } = write;
    list.push({ operator, answer, succeeds, sequence, withdrawnAt: Number.MAX_SAFE_INTEGER });
  }

  /** Of a row that is served, and k of its namespace; undefined: the votes carry it. */
  faultOf({ namespace, key, sequence }: Place, row: EntryRow, k: number): string | undefined {
    const place = `${namespace} ${keyText(key)}`;
    const answer = `${row.kind} ${toHex(row.semanticDigest)}`;
    const isVersioned = row.kind === KIND_VERSIONED;
    const supporters = new Set<string>();
    /** Those whose votes made this version: withdrawn since or not. */
    const makers = new Set<string>();
    for (const vote of this.#votes.get(place) ?? []) {
      if (vote.answer !== answer || vote.sequence > sequence) continue;
      if (vote.succeeds === row.version - 1) makers.add(vote.operator);
      if (vote.withdrawnAt <= sequence && vote.withdrawnAt > vote.sequence) continue;
      const names = vote.succeeds === row.version - 1 || vote.succeeds === row.version;
      if (!isVersioned || names || vote.succeeds === 0) supporters.add(vote.operator);
    }
    if (supporters.size < k) return `by ${supporters.size} of ${k} operators`;
    if (isVersioned) {
      return makers.size < k ? `a version that ${makers.size} of ${k} voted for` : undefined;
    }
    const first = this.#served.get(place) ?? answer;
    this.#served.set(place, first);
    return first === answer ? undefined : "with another answer than before";
  }
}
