import { NONE } from "./event-table.ts";
import type { Instance } from "./instances.ts";
import type { Recording } from "./recording.ts";

/** An entry as journals name it. */
export interface EntryName {
  readonly namespace: string;
  /** The first 16 hex letters of its key. */
  readonly key: string;
}

/** "default/0123456789abcdef team-a/…": what an executed batch wrote. */
const ENTRY = /^([^/\s]+)\/([0-9a-f]{16})$/;

/** Whether a proof is among what a sequence wrote: replicas check one before they let it be ordered. */
export function wroteProof({ table }: Recording, { executedRow }: Instance): boolean {
  return executedRow !== NONE && Number(table.detailValueOf(executedRow, "proofs") ?? 0) > 0;
}

/** The entries that an event is about: a gateway's request for one, or those that its sequence wrote. */
export function entryNamesOf(recording: Recording, row: number): EntryName[] {
  const { table, instances } = recording;
  const namespace = table.detailValueOf(row, "namespace");
  const key = table.detailValueOf(row, "key");
  if (typeof namespace === "string" && typeof key === "string") {
    return ENTRY.test(`${namespace}/${key}`) ? [{ namespace, key }] : [];
  }
  const slot = table.slot.at(row);
  const executed = slot === NONE ? NONE : (instances.find(slot)?.executedRow ?? NONE);
  for (const from of [row, executed]) {
    if (from === NONE) continue;
    const text = table.detailValueOf(from, "keys");
    if (typeof text !== "string") continue;
    return text.split(" ").flatMap((word) => {
      const [, namespace, key] = ENTRY.exec(word) ?? [];
      return namespace === undefined || key === undefined ? [] : [{ namespace, key }];
    });
  }
  return [];
}
