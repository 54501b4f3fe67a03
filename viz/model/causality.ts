import { eachCause } from "./children.ts";
import type { Recording } from "./recording.ts";

/** A cone is looked at, not read: beyond this its far ends are left out, and it says so. */
export const CONE_ROWS_MAX = 20_000;

export interface Cone {
  readonly row: number;
  readonly ancestors: ReadonlySet<number>;
  readonly descendants: ReadonlySet<number>;
  /** Some were left out. */
  readonly truncated: boolean;
}

/** Everything that led to an event, and everything that it led to, nearest first. */
export function coneOf(recording: Recording, row: number): Cone {
  const { table, children } = recording;
  const ancestors = reach(row, (at, visit) => eachCause(table, at, visit));
  const descendants = reach(row, (at, visit) => {
    const end = children.start[at + 1] as number;
    for (let index = children.start[at] as number; index < end; index++) {
      visit(children.rows[index] as number);
    }
  });
  const truncated = ancestors.size >= CONE_ROWS_MAX || descendants.size >= CONE_ROWS_MAX;
  return { row, ancestors, descendants, truncated };
}

/**
 * Backwards from an event, always to the cause that came last: what it waited for. Ends at an event
 * without causes, or at `stop`.
 */
export function criticalPath(recording: Recording, row: number, stepsMax = 200): number[] {
  const { table, index } = recording;
  const path = [row];
  let at = row;
  while (path.length < stepsMax) {
    let last: number | undefined;
    eachCause(table, at, (cause) => {
      const later =
        last === undefined || (index.rank[cause] as number) > (index.rank[last] as number);
      // A clock that went wrong must not lead in circles: causes stand earlier in the order.
      if (later && (index.rank[cause] as number) < (index.rank[at] as number)) last = cause;
    });
    if (last === undefined) break;
    path.push(last);
    at = last;
  }
  return path.toReversed();
}

function reach(
  row: number,
  neighbours: (row: number, visit: (neighbour: number) => void) => void,
): Set<number> {
  const seen = new Set<number>();
  const queue = [row];
  for (let head = 0; head < queue.length && seen.size < CONE_ROWS_MAX; head++) {
    neighbours(queue[head] as number, (neighbour) => {
      if (neighbour === row || seen.has(neighbour) || seen.size >= CONE_ROWS_MAX) return;
      seen.add(neighbour);
      queue.push(neighbour);
    });
  }
  return seen;
}
