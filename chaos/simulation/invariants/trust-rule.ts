import { toHex } from "../../../base/bytes.ts";
import type { Sequence } from "../../../base/types.ts";
import { entryStateKey } from "../../../consensus/map/state-keys.ts";
import { ENTRY_CONFIRMED, entryRowCodec } from "../../../consensus/wire/rows.ts";
import type { EntryRow } from "../../../consensus/wire/rows.ts";
import type { Write } from "../../../consensus/wire/write-set.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";
import { OrderedVotes } from "./ordered-votes.ts";
import type { Place } from "./ordered-votes.ts";

/**
 * The policy's rule, from the ordered writes alone and not from the code that executes them
 * (R3): what is served has the votes of k operators that named its version and stand; and an
 * immutable key that was once served with one answer is never served with another.
 */
export function trustRule({ genesis, world, crypto }: CheckerFrame): Checker {
  const name = "trust rule";
  const operators = new Map(genesis.writers.map((one) => [toHex(one.publicKey), one.operator]));
  const votes = new OrderedVotes();
  const seen = new Set<number>();
  const confirmationsOf = (namespace: string): number =>
    genesis.namespaces.find((one) => one.namespace === namespace)?.confirmations ?? 1;

  function judge(place: Place, row: EntryRow, what: string): void {
    const fault = votes.faultOf(place, row, confirmationsOf(place.namespace));
    demand(fault === undefined, name, () => `${what}, ${String(fault)}`);
  }

  /** Every entry that a batch has touched, as it stands behind it: nobody needs to have read it. */
  function judgeTouched(replica: SimulatedReplica, writes: readonly Write[], at: Sequence): void {
    for (const { namespace, key } of writes) {
      // Where one word is enough entries may end and begin anew with another answer.
      if (key === undefined || confirmationsOf(namespace) < 2) continue;
      const bytes = replica.process?.state.rowAt(at, entryStateKey(crypto.hash, namespace, key));
      const row = bytes === undefined ? undefined : entryRowCodec.decode(bytes);
      if (row?.state !== ENTRY_CONFIRMED) continue;
      const what = `${replica.name} serves ${row.name} at ${at}`;
      judge({ namespace, key, sequence: at }, row, what);
    }
  }

  return {
    name,
    step(replica, _input, outputs) {
      if (!isBound(replica)) return;
      for (const output of outputs) {
        if (output.type !== "executed" || seen.has(output.sequence)) continue;
        seen.add(output.sequence);
        const touched: Write[] = [];
        for (const { writeSet, result } of output.writeSets) {
          if (result === undefined) continue;
          const operator = operators.get(toHex(writeSet.header.writer)) ?? "";
          const codes = new Map(result.outcomes.map(({ index, code }) => [index, code]));
          for (const [index, write] of writeSet.writes.entries()) {
            votes.note(write, operator, codes.get(index) ?? 0, output.sequence);
            touched.push(write);
          }
        }
        judgeTouched(replica, touched, output.sequence);
      }
    },
    read(client, operation, { namespace, key, sequence, rowBytes }) {
      const what = `client ${client.number} was served ${operation.key} at ${sequence}`;
      const row = rowBytes.length === 0 ? undefined : entryRowCodec.decode(rowBytes);
      if (row?.state !== ENTRY_CONFIRMED) return;
      world.mark("client: a confirmed entry was read");
      judge({ namespace, key, sequence }, row, what);
    },
  };
}
