import { toHex } from "../../../base/bytes.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { ENTRY_CONFIRMED, entryRowCodec } from "../../../consensus/wire/rows.ts";
import { OPERATION_PUT, OPERATION_WITHDRAW } from "../../../consensus/wire/write-set.ts";
import type { Write } from "../../../consensus/wire/write-set.ts";
import { KIND_VERSIONED } from "../world/kinds.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";

interface Vote {
  readonly operator: string;
  readonly answer: string;
  readonly succeeds: number;
  readonly sequence: number;
  withdrawnAt: number;
}

/** Codes of execution that leave a vote in the entry's row. */
const COUNTED: ReadonlySet<number> = new Set([0, 32, 33, 34, 35]);

/**
 * The policy's rule, from the ordered writes alone and not from the code that executes them
 * (R3): what is served has the votes of k operators that named its version and stand; and an
 * immutable key that was once served with one answer is never served with another.
 */
export function trustRule({ genesis, world }: CheckerFrame): Checker {
  const name = "trust rule";
  const operators = new Map(genesis.writers.map((one) => [toHex(one.publicKey), one.operator]));
  const votes = new Map<string, Vote[]>();
  const served = new Map<string, string>();
  const seen = new Set<number>();

  function note(write: Write, operator: string, code: number, sequence: number): void {
    if (write.key === undefined) return;
    const key = `${write.namespace} ${keyText(write.key)}`;
    const list = votes.get(key) ?? [];
    votes.set(key, list);
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

  return {
    name,
    step(replica, _input, outputs) {
      if (!isBound(replica)) return;
      for (const output of outputs) {
        if (output.type !== "executed" || seen.has(output.sequence)) continue;
        seen.add(output.sequence);
        for (const { writeSet, result } of output.writeSets) {
          if (result === undefined) continue;
          const operator = operators.get(toHex(writeSet.header.writer)) ?? "";
          const codes = new Map(result.outcomes.map(({ index, code }) => [index, code]));
          for (const [index, write] of writeSet.writes.entries()) {
            note(write, operator, codes.get(index) ?? 0, output.sequence);
          }
        }
      }
    },
    read(client, operation, { namespace, key, sequence, rowBytes }) {
      const row = rowBytes.length === 0 ? undefined : entryRowCodec.decode(rowBytes);
      if (row?.state !== ENTRY_CONFIRMED) return;
      const what = `client ${client.number} was served ${operation.key} at ${sequence}`;
      const place = `${namespace} ${keyText(key)}`;
      const answer = `${row.kind} ${toHex(row.semanticDigest)}`;
      const k = genesis.namespaces.find((one) => one.namespace === namespace)?.confirmations ?? 1;
      const isVersioned = row.kind === KIND_VERSIONED;
      const supporters = new Set<string>();
      /** Those whose votes made this version: withdrawn since or not. */
      const makers = new Set<string>();
      for (const vote of votes.get(place) ?? []) {
        if (vote.answer !== answer || vote.sequence > sequence) continue;
        if (vote.succeeds === row.version - 1) makers.add(vote.operator);
        if (vote.withdrawnAt <= sequence && vote.withdrawnAt > vote.sequence) continue;
        const names = vote.succeeds === row.version - 1 || vote.succeeds === row.version;
        if (!isVersioned || names || vote.succeeds === 0) supporters.add(vote.operator);
      }
      demand(supporters.size >= k, name, () => `${what} by ${supporters.size} of ${k} operators`);
      world.mark("client: a confirmed entry was read");
      const isMade = !isVersioned || makers.size >= k;
      demand(isMade, name, () => `${what}, a version that ${makers.size} of ${k} voted for`);
      if (isVersioned) return;
      const first = served.get(place) ?? answer;
      served.set(place, first);
      demand(first === answer, name, () => `${what} with another answer than before`);
    },
  };
}
