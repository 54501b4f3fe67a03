/** The typed arrays that a column can be made of. */
export type ColumnArray =
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** Doubling from here wastes at most half and copies each value about once. */
const CAPACITY_MIN = 1024;

/** A typed array that grows. `data` is longer than `length`, and is replaced when it grows. */
export class Column<A extends ColumnArray> {
  data: A;
  length = 0;
  readonly #make: (capacity: number) => A;

  constructor(make: (capacity: number) => A) {
    this.#make = make;
    this.data = make(CAPACITY_MIN);
  }

  push(value: number): void {
    if (this.length === this.data.length) this.#grow(this.length * 2);
    this.data[this.length++] = value;
  }

  /** Room for so many more, so that a loop may write into `data` itself; the caller counts up. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed > this.data.length) this.#grow(Math.max(needed, this.data.length * 2));
  }

  at(index: number): number {
    return this.data[index] as number;
  }

  /** Forgets the oldest values, so that the one at `count` becomes the first. */
  dropFront(count: number): void {
    this.data.copyWithin(0, count, this.length);
    this.length = Math.max(0, this.length - count);
  }

  /** Exactly the values, in memory of their own: to be handed from one thread to another. */
  take(): A {
    return this.data.slice(0, this.length) as A;
  }

  /** Becomes these values; owns the array from now on. */
  adopt(values: A): void {
    this.data = values.length === 0 ? this.#make(CAPACITY_MIN) : values;
    this.length = values.length;
  }

  #grow(capacity: number): void {
    const wider = this.#make(capacity);
    wider.set(this.data);
    this.data = wider;
  }
}

export const uint8Column = (): Column<Uint8Array<ArrayBuffer>> =>
  new Column((capacity) => new Uint8Array(capacity));
export const uint16Column = (): Column<Uint16Array<ArrayBuffer>> =>
  new Column((capacity) => new Uint16Array(capacity));
export const int32Column = (): Column<Int32Array<ArrayBuffer>> =>
  new Column((capacity) => new Int32Array(capacity));
export const uint32Column = (): Column<Uint32Array<ArrayBuffer>> =>
  new Column((capacity) => new Uint32Array(capacity));
export const float32Column = (): Column<Float32Array<ArrayBuffer>> =>
  new Column((capacity) => new Float32Array(capacity));
export const float64Column = (): Column<Float64Array<ArrayBuffer>> =>
  new Column((capacity) => new Float64Array(capacity));
