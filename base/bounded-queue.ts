import { invariant } from "./assert.ts";

/**
 * First in, first out, with a bound: `push` answers false when the queue is full and the caller
 * decides what that means. A ring, so that both ends cost the same at any length.
 */
export class BoundedQueue<T> {
  readonly capacity: number;
  #ring: (T | undefined)[] = [];
  #head = 0;
  #length = 0;

  constructor(capacity: number) {
    invariant(Number.isInteger(capacity) && capacity > 0, "queue capacity is positive", {
      capacity,
    });
    this.capacity = capacity;
  }

  get length(): number {
    return this.#length;
  }

  push(item: T): boolean {
    if (this.#length === this.capacity) return false;
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) % this.#ring.length] = item;
    this.#length++;
    return true;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#ring.length;
    this.#length--;
    return item;
  }

  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#ring[this.#head];
  }

  #grow(): void {
    const size = Math.min(this.capacity, Math.max(16, this.#ring.length * 2));
    const ring = Array.from<T | undefined>({ length: size });
    for (let index = 0; index < this.#length; index++) {
      ring[index] = this.#ring[(this.#head + index) % this.#ring.length];
    }
    this.#ring = ring;
    this.#head = 0;
  }
}
