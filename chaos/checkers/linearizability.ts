import { invariant } from "../../base/assert.ts";
import { CONFIGURATION_BYTES_MAX, ConfigurationSet } from "./configuration-set.ts";
import { LookAhead } from "./look-ahead.ts";
import { IMPOSSIBLE } from "./impossible.ts";
import type { Model } from "./model.ts";
import type { Operation, Value } from "./operation.ts";

export type Verdict = "linearizable" | "not linearizable" | "unknown";

export interface Judgement {
  readonly verdict: Verdict;
  /** One order that explains the history, or the longest part of one: places in `operations`. */
  readonly order: readonly number[];
  /** Not linearizable: the operations that could not follow it, one of which had to. */
  readonly stuck: readonly number[];
  /** How many different configurations the search was in. */
  readonly configurationCount: number;
}

export interface SearchOptions {
  /** Beyond it the verdict is "unknown". */
  readonly bytesMax?: number;
  /**
   * For each operation the one that must be placed before it although their times overlap, or -1:
   * the floor of a session. Absent: time alone decides.
   */
  readonly after?: Int32Array;
  /** False: slower, and the longest order found goes as far as it can. */
  readonly lookAhead?: boolean;
}

/**
 * Wing and Gong's search with Lowe's memory of configurations: place any operation that has begun
 * before the first unplaced one ended and whose result fits the state; go back when none is left.
 *
 * 1. A list of calls and returns in the order of time. The calls before the first return are the
 *    candidates. An operation that is placed leaves the list with both of its events.
 * 2. A configuration (what is placed, and the state) is entered once: its future depends on
 *    nothing else.
 * 3. A pending operation has a call and no return. It may be placed, and never has to be.
 * 4. An operation that changes no state is placed as soon as it fits, and nothing else is tried
 *    instead: in any order that explains the rest it could have stood here as well.
 * 5. A configuration that leaves one of the next reads without hope is not entered: look-ahead.ts.
 */
export function searchOrder(
  model: Model,
  operations: readonly Operation[],
  options: SearchOptions = {},
): Judgement {
  return new Search(model, operations, options).run();
}

/** How many of the next events are asked for hopeless reads: those that will be placed soon. */
const LOOK_AHEAD_EVENTS = 32;

/** The list's sentinel. Operation i calls at node 2i+1 and returns at node 2i+2. */
const HEAD = 0;
const callNode = (operation: number): number => 2 * operation + 1;
const returnNode = (operation: number): number => 2 * operation + 2;

class Search {
  readonly #model: Model;
  readonly #operations: readonly Operation[];
  readonly #after: Int32Array | undefined;
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #placed: Uint32Array;
  readonly #seen: ConfigurationSet;
  readonly #lookAhead: LookAhead | undefined;
  readonly #stateIds = new Map<Value, number>();
  readonly #values: Value[] = [];
  readonly #order: number[] = [];
  readonly #statesBefore: number[] = [];
  #longest: number[] = [];
  #stuck: number[] = [];
  #longestReturns = -1;
  #returnsLeft = 0;
  #placedReturns = 0;

  constructor(model: Model, operations: readonly Operation[], options: SearchOptions) {
    this.#model = model;
    this.#operations = operations;
    this.#after = options.after;
    this.#next = new Int32Array(2 * operations.length + 1).fill(HEAD);
    this.#previous = new Int32Array(2 * operations.length + 1).fill(HEAD);
    this.#placed = new Uint32Array(Math.ceil(operations.length / 32));
    this.#seen = new ConfigurationSet(
      operations.length,
      options.bytesMax ?? CONFIGURATION_BYTES_MAX,
    );
    if (options.lookAhead !== false) this.#lookAhead = new LookAhead(model, operations);
    this.#link();
  }

  run(): Judgement {
    let state = this.#idOf(this.#model.initial);
    let node = this.#next[HEAD]!;
    while (this.#returnsLeft > 0) {
      const operation = (node - 1) >> 1;
      const isCall = node !== HEAD && (node & 1) === 1;
      const after = isCall && this.#mayStand(operation) ? this.#step(state, operation) : -1;
      if (after >= 0) {
        this.#setPlaced(operation, true);
        const entered = this.#isHopeless(after) ? "hopeless" : this.#seen.add(this.#placed, after);
        if (entered === "full") return this.#judge("unknown");
        if (entered === "added") {
          this.#place(operation, state);
          state = after;
          node = this.#next[HEAD]!;
          continue;
        }
        this.#setPlaced(operation, false);
      }
      // Where a read that fits leads is known to fail, this configuration fails as well (4).
      if (isCall && !(after >= 0 && this.#isRead(operation))) {
        node = this.#next[node]!;
        continue;
      }
      this.#remember();
      const resumed = this.#back();
      if (resumed === undefined) return this.#judge("not linearizable");
      state = resumed.state;
      node = resumed.node;
    }
    this.#longest = [...this.#order];
    this.#stuck = [];
    return this.#judge("linearizable");
  }

  #judge(verdict: Verdict): Judgement {
    return {
      verdict,
      order: this.#longest,
      stuck: this.#stuck,
      configurationCount: this.#seen.count,
    };
  }

  /** Undoes the last placement that had an alternative. */
  #back(): { readonly state: number; readonly node: number } | undefined {
    for (;;) {
      const operation = this.#order.pop();
      if (operation === undefined) return undefined;
      const state = this.#statesBefore.pop()!;
      this.#setPlaced(operation, false);
      this.#relink(operation);
      if (!this.#isRead(operation)) return { state, node: this.#next[callNode(operation)]! };
    }
  }

  /** The placed operation itself still stands in the list: it is no read, or it has seen. */
  #isHopeless(state: number): boolean {
    const lookAhead = this.#lookAhead;
    if (lookAhead === undefined) return false;
    const value = this.#values[state]!;
    let node = this.#next[HEAD]!;
    for (let count = 0; count < LOOK_AHEAD_EVENTS && node !== HEAD; count++) {
      const operation = (node - 1) >> 1;
      const isCall = (node & 1) === 1;
      if (isCall && lookAhead.isHopeless(operation, value, this.#placed)) return true;
      node = this.#next[node]!;
    }
    return false;
  }

  #isRead(operation: number): boolean {
    const subject = this.#operations[operation]!;
    return this.#model.actions[subject.action]!.isRead(subject);
  }

  #mayStand(operation: number): boolean {
    const before = this.#after?.[operation] ?? -1;
    return before < 0 || ((this.#placed[before >> 5]! >>> (before & 31)) & 1) === 1;
  }

  /** The state's number after the operation, or -1. */
  #step(state: number, operation: number): number {
    const subject = this.#operations[operation]!;
    const after = this.#model.actions[subject.action]!.step(this.#values[state]!, subject);
    return after === IMPOSSIBLE ? -1 : this.#idOf(after);
  }

  #idOf(value: Value): number {
    let id = this.#stateIds.get(value);
    if (id === undefined) {
      id = this.#values.push(value) - 1;
      this.#stateIds.set(value, id);
    }
    return id;
  }

  #place(operation: number, stateBefore: number): void {
    this.#order.push(operation);
    this.#statesBefore.push(stateBefore);
    this.#unlink(callNode(operation));
    if (this.#operations[operation]!.return === Infinity) return;
    this.#unlink(returnNode(operation));
    this.#returnsLeft--;
    this.#placedReturns++;
  }

  /** In the reverse order of placing, so that each node's neighbours are as they were. */
  #relink(operation: number): void {
    if (this.#operations[operation]!.return !== Infinity) {
      this.#insert(returnNode(operation));
      this.#returnsLeft++;
      this.#placedReturns--;
    }
    this.#insert(callNode(operation));
  }

  #setPlaced(operation: number, placed: boolean): void {
    const bit = 1 << (operation & 31);
    if (placed) this.#placed[operation >> 5]! |= bit;
    else this.#placed[operation >> 5]! &= ~bit;
  }

  /** Keeps the order that explained most, and what stood in line when it ended. */
  #remember(): void {
    if (this.#placedReturns <= this.#longestReturns) return;
    this.#longestReturns = this.#placedReturns;
    this.#longest = [...this.#order];
    this.#stuck = [];
    for (let node = this.#next[HEAD]!; (node & 1) === 1; node = this.#next[node]!) {
      this.#stuck.push((node - 1) >> 1);
    }
  }

  #unlink(node: number): void {
    this.#next[this.#previous[node]!] = this.#next[node]!;
    this.#previous[this.#next[node]!] = this.#previous[node]!;
  }

  #insert(node: number): void {
    this.#next[this.#previous[node]!] = node;
    this.#previous[this.#next[node]!] = node;
  }

  /** Calls stand before returns of the same moment: what touches in time counts as overlapping. */
  #link(): void {
    const events: { readonly node: number; readonly time: number }[] = [];
    for (const [index, operation] of this.#operations.entries()) {
      invariant(operation.call <= operation.return, "an operation ends after it began", {
        ...operation,
      });
      events.push({ node: callNode(index), time: operation.call });
      if (operation.return === Infinity) continue;
      events.push({ node: returnNode(index), time: operation.return });
      this.#returnsLeft++;
    }
    events.sort(
      (left, right) =>
        compare(left.time, right.time) ||
        (right.node & 1) - (left.node & 1) ||
        left.node - right.node,
    );
    let previous = HEAD;
    for (const { node } of events) {
      this.#next[previous] = node;
      this.#previous[node] = previous;
      previous = node;
    }
    this.#next[previous] = HEAD;
    this.#previous[HEAD] = previous;
  }
}

/** Of numbers that may be infinite, whose difference would be no number. */
function compare(left: number, right: number): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
