import type { Comparison } from "./comparison.ts";
import { NONE } from "./event-table.ts";
import { kindName } from "./kinds.ts";
import type { Recording } from "./recording.ts";

/**
 * Which events of one run have no counterpart in another. Two are counterparts when the same lane
 * noted the same for the same time: what an event says of agreement counts, when it happened and
 * between which others does not, since no two runs share that.
 */
export function compareRuns(here: Recording, there: Recording, title: string): Comparison {
  const counts = new Map<string, number>();
  for (const row of there.index.order) add(counts, signatureOf(there, row), 1);
  const onlyHere = new Uint8Array(here.table.count);
  let onlyHereCount = 0;
  let firstRow = NONE;
  let onlyThereCount = there.table.count;
  for (const row of here.index.order) {
    const signature = signatureOf(here, row);
    if ((counts.get(signature) ?? 0) > 0) {
      add(counts, signature, -1);
      onlyThereCount--;
      continue;
    }
    onlyHere[row] = 1;
    onlyHereCount++;
    if (firstRow === NONE) firstRow = row;
  }
  return { title, onlyHere, onlyHereCount, onlyThereCount, firstRow };
}

/** What of the detail says what happened, and not when. */
const TOLD = ["type", "peer", "target", "phase", "what", "checker", "signers", "digest"] as const;

function signatureOf({ table }: Recording, row: number): string {
  const parts: unknown[] = [
    table.laneName(table.lane.at(row)),
    kindName(table.kind.at(row)),
    table.view.at(row),
    table.slot.at(row),
  ];
  for (const name of TOLD) parts.push(table.detailValueOf(row, name));
  return parts.join("\0");
}

function add(counts: Map<string, number>, signature: string, by: number): void {
  counts.set(signature, (counts.get(signature) ?? 0) + by);
}
