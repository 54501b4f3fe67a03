import type { Model } from "./model.ts";
import type { Operation, Value } from "./operation.ts";

/**
 * Whether a read that is still to be placed can ever see what it saw. Without this question a
 * history of appends that went wrong is searched through all their orders.
 *
 * A read of `wanted` is possible from a state if operations that build on the state may lead from
 * it to `wanted`, or if an unplaced operation, begun before the read ended, leaves a value of its
 * own from which they may. Anything else is hopeless, whatever is placed in between.
 */
export class LookAhead {
  readonly #reaches: Model["reaches"];
  /** For each read with a known result: its result, and the operations that it may start from. */
  readonly #reads: readonly (
    | { readonly wanted: Value; readonly sources: Int32Array }
    | undefined
  )[];

  constructor(model: Model, operations: readonly Operation[]) {
    this.#reaches = model.reaches;
    const fresh = operations.map((operation, index) => {
      const value = model.actions[operation.action]!.leaves?.(operation);
      return value === undefined ? undefined : { index, value, call: operation.call };
    });
    const starts = fresh.filter((start) => start !== undefined);
    this.#reads = operations.map((operation) => {
      const wanted = operation.output;
      const isRead = model.actions[operation.action]!.shows === true;
      if (!isRead || wanted === undefined || typeof wanted === "boolean") return undefined;
      const sources = starts.filter(
        ({ value, call }) => call <= operation.return && model.reaches(value, wanted),
      );
      return { wanted, sources: Int32Array.from(sources.map(({ index }) => index)) };
    });
  }

  isHopeless(operation: number, state: Value, placed: Uint32Array): boolean {
    const read = this.#reads[operation];
    if (read === undefined || this.#reaches(state, read.wanted)) return false;
    for (const source of read.sources) {
      if (((placed[source >> 5]! >>> (source & 31)) & 1) === 0) return false;
    }
    return true;
  }
}
