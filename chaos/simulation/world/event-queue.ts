/**
 * What happens next: a binary heap over typed arrays, ordered by time and then by the order in which
 * events were put in, so that a run is a function of its seed. Times are microseconds.
 */
export type Event = () => void;

const CAPACITY_AT_FIRST = 1024;

export class EventQueue {
  #times = new Float64Array(CAPACITY_AT_FIRST);
  #orders = new Float64Array(CAPACITY_AT_FIRST);
  #slots = new Uint32Array(CAPACITY_AT_FIRST);
  #events: (Event | undefined)[] = [];
  #free: number[] = [];
  #size = 0;
  #order = 0;

  get size(): number {
    return this.#size;
  }

  /** Time of the next event; Infinity when there is none. */
  get nextTime(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  push(time: number, event: Event): void {
    if (this.#size === this.#times.length) this.#grow();
    const slot = this.#free.pop() ?? this.#events.length;
    this.#events[slot] = event;
    let at = this.#size++;
    const order = this.#order++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      // Later events have later orders, so an equal time stays below its parent.
      if ((this.#times[parent] as number) <= time) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#set(at, time, order, slot);
  }

  pop(): Event | undefined {
    if (this.#size === 0) return undefined;
    const slot = this.#slots[0] as number;
    const event = this.#events[slot];
    this.#events[slot] = undefined;
    this.#free.push(slot);
    this.#size--;
    if (this.#size > 0) this.#sink();
    return event;
  }

  /** The last one takes the root's place and goes down to where it belongs. */
  #sink(): void {
    const last = this.#size;
    const time = this.#times[last] as number;
    const order = this.#orders[last] as number;
    const slot = this.#slots[last] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#isBefore(child + 1, child)) child++;
      const childTime = this.#times[child] as number;
      if (childTime > time || (childTime === time && (this.#orders[child] as number) > order))
        break;
      this.#move(child, at);
      at = child;
    }
    this.#set(at, time, order, slot);
  }

  #isBefore(left: number, right: number): boolean {
    const difference = (this.#times[left] as number) - (this.#times[right] as number);
    if (difference !== 0) return difference < 0;
    return (this.#orders[left] as number) < (this.#orders[right] as number);
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from] as number;
    this.#orders[to] = this.#orders[from] as number;
    this.#slots[to] = this.#slots[from] as number;
  }

  #set(at: number, time: number, order: number, slot: number): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#slots[at] = slot;
  }

  #grow(): void {
    const capacity = 2 * this.#times.length;
    const [times, orders, slots] = [this.#times, this.#orders, this.#slots];
    this.#times = new Float64Array(capacity);
    this.#orders = new Float64Array(capacity);
    this.#slots = new Uint32Array(capacity);
    this.#times.set(times);
    this.#orders.set(orders);
    this.#slots.set(slots);
  }
}
