const DECAY = 0.95;
const ACTIVITY_MAX = 1e100;

/** Unassigned variables by activity (VSIDS: Moskewicz et al., "Chaff", 2001), as a binary heap. */
export class DecisionHeap {
  readonly #activity: Float64Array;
  readonly #heap: Int32Array;
  /** Where a variable is in the heap, −1 when it is not. */
  readonly #place: Int32Array;
  #size = 0;
  #increment = 1;

  constructor(variableCount: number) {
    this.#activity = new Float64Array(variableCount);
    this.#heap = new Int32Array(variableCount);
    this.#place = new Int32Array(variableCount).fill(-1);
    for (let variable = variableCount - 1; variable >= 0; variable--) this.insert(variable);
  }

  get size(): number {
    return this.#size;
  }

  insert(variable: number): void {
    if (this.#place[variable]! >= 0) return;
    this.#heap[this.#size] = variable;
    this.#place[variable] = this.#size;
    this.#up(this.#size++);
  }

  /** The most active one; there must be one. */
  pop(): number {
    const top = this.#heap[0]!;
    this.#place[top] = -1;
    const last = this.#heap[--this.#size]!;
    if (this.#size > 0) {
      this.#heap[0] = last;
      this.#place[last] = 0;
      this.#down(0);
    }
    return top;
  }

  bump(variable: number): void {
    const activity = this.#activity;
    activity[variable]! += this.#increment;
    if (activity[variable]! > ACTIVITY_MAX) {
      for (let each = 0; each < activity.length; each++) activity[each]! *= 1 / ACTIVITY_MAX;
      this.#increment *= 1 / ACTIVITY_MAX;
    }
    if (this.#place[variable]! >= 0) this.#up(this.#place[variable]!);
  }

  decay(): void {
    this.#increment /= DECAY;
  }

  #up(from: number): void {
    const heap = this.#heap;
    const place = this.#place;
    const activity = this.#activity;
    const variable = heap[from]!;
    const own = activity[variable]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (activity[heap[parent]!]! >= own) break;
      heap[at] = heap[parent]!;
      place[heap[at]!] = at;
      at = parent;
    }
    heap[at] = variable;
    place[variable] = at;
  }

  #down(from: number): void {
    const heap = this.#heap;
    const place = this.#place;
    const activity = this.#activity;
    const variable = heap[from]!;
    const own = activity[variable]!;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      const sibling = child + 1;
      if (sibling < this.#size && activity[heap[sibling]!]! > activity[heap[child]!]!) {
        child = sibling;
      }
      if (activity[heap[child]!]! <= own) break;
      heap[at] = heap[child]!;
      place[heap[at]!] = at;
      at = child;
    }
    heap[at] = variable;
    place[variable] = at;
  }
}
