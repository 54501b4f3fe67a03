import type { Epoch, Sequence } from "../../base/types.ts";
import { CHECKPOINT_INTERVAL, WINDOW_LENGTH } from "../limits.ts";

/**
 * c, the last sequence of an epoch whose successor was decided at this sequence: the first
 * multiple of K that is at least L above. No correct replica votes more than L above what is
 * stable, and nothing above `decided` is stable before `decided` is executed; so none can have
 * voted above c before it knew of c.
 */
export function epochBoundary(
  decided: Sequence,
  checkpointInterval: number = CHECKPOINT_INTERVAL,
): Sequence {
  const windowLength = checkpointInterval * (WINDOW_LENGTH / CHECKPOINT_INTERVAL);
  const count = Math.ceil((decided + windowLength) / checkpointInterval);
  return (count * checkpointInterval) as Sequence;
}

/**
 * Each sequence belongs to one epoch. Keys that were retired sign for nothing after their time, in
 * whatever number, and new ones for nothing before theirs.
 */
export function isWithinEpoch(
  { epoch, sequence }: { readonly epoch: Epoch; readonly sequence: Sequence },
  endOf: (epoch: Epoch) => Sequence | undefined,
): boolean {
  const before = epoch === 0 ? undefined : endOf((epoch - 1) as Epoch);
  return sequence > (before ?? -1) && sequence <= (endOf(epoch) ?? Number.POSITIVE_INFINITY);
}
