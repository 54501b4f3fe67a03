import type { Operation } from "./operation.ts";

export interface OrderFault {
  readonly what: string;
  /** Places of the earlier and the later operation. */
  readonly operations: readonly [earlier: number, later: number];
}

/**
 * What the sequences under which operations were answered must show, over all keys at once:
 *
 * 1. A process never goes back: each of its answers stands at or above its earlier ones, its own
 *    writes included.
 * 2. A linearizable operation stands at or above everything that anybody had answered when it began.
 * 3. One sequence is one state: two reads of a key under it show the same.
 *
 * Answers the first fault of each kind; operations without a sequence are passed over.
 */
export function findOrderFaults(operations: readonly Operation[]): readonly OrderFault[] {
  const faults = [backInProcess(operations), backInTime(operations), twoStates(operations)];
  return faults.filter((fault) => fault !== undefined);
}

function backInProcess(operations: readonly Operation[]): OrderFault | undefined {
  const floors = new Map<number, number>();
  for (const index of inOrderOf(operations, "call")) {
    const { process, sequence } = operations[index]!;
    if (sequence === undefined) continue;
    const floor = floors.get(process);
    if (floor !== undefined && sequence < operations[floor]!.sequence!) {
      return { what: "a session goes back", operations: [floor, index] };
    }
    floors.set(process, index);
  }
  return undefined;
}

function backInTime(operations: readonly Operation[]): OrderFault | undefined {
  const ends = inOrderOf(operations, "return");
  let ended = 0;
  let highest: number | undefined;
  for (const index of inOrderOf(operations, "call")) {
    const { call, sequence, consistency } = operations[index]!;
    for (; ended < ends.length && operations[ends[ended]!]!.return < call; ended++) {
      const candidate = operations[ends[ended]!]!;
      if (candidate.sequence === undefined) continue;
      if (highest === undefined || candidate.sequence > operations[highest]!.sequence!) {
        highest = ends[ended];
      }
    }
    const strict = consistency === undefined || consistency === "linearizable";
    if (!strict || sequence === undefined || highest === undefined) continue;
    if (sequence < operations[highest]!.sequence!) {
      return { what: "a linearizable operation goes back", operations: [highest, index] };
    }
  }
  return undefined;
}

function twoStates(operations: readonly Operation[]): OrderFault | undefined {
  const shown = new Map<string, number>();
  for (const [index, { key, sequence, action, output }] of operations.entries()) {
    if (sequence === undefined || output === undefined || !isRead(action)) continue;
    const name = `${sequence}/${key}`;
    const earlier = shown.get(name);
    if (earlier === undefined) shown.set(name, index);
    else if (operations[earlier]!.output !== output) {
      return { what: "one sequence shows two states", operations: [earlier, index] };
    }
  }
  return undefined;
}

function isRead(action: string): boolean {
  return action === "read" || action === "get";
}

function inOrderOf(operations: readonly Operation[], time: "call" | "return"): readonly number[] {
  const places = operations.map((_, index) => index);
  return places.sort((left, right) =>
    operations[left]![time] === operations[right]![time]
      ? left - right
      : operations[left]![time] < operations[right]![time]
        ? -1
        : 1,
  );
}
