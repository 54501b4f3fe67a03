import { invariant } from "../../../base/assert.ts";
import type { Meter } from "../../frame/meter.ts";
import { IntList } from "../int-list.ts";
import { sortNumbers } from "./clause-order.ts";
import type { ClauseGraph } from "./graph.ts";

/**
 * An ordered partition of a graph's vertices into cells, refined until it is equitable: any two
 * vertices of a cell have equally many neighbours in each cell. A cell is named by the position of
 * its first vertex, so names are colours, and all that is done depends on colours alone: a renamed
 * graph ends in the renamed partition (McKay, "Practical Graph Isomorphism", 1981; the splitting of
 * touched cells is that of Junttila and Kaski, 2007).
 */
export class Partition {
  readonly #graph: ClauseGraph;
  /** Vertices in the order of their cells. */
  readonly elements: Int32Array;
  readonly #position: Int32Array;
  readonly #cellOf: Int32Array;
  /** By a cell's name. */
  readonly #length: Int32Array;
  readonly #queue: Int32Array;
  readonly #isQueued: Uint8Array;
  #queueHead = 0;
  #queueCount = 0;
  /** Of the present splitter: how many of its vertices each vertex touches. */
  readonly #counts: Int32Array;
  readonly #touchedInCell: Int32Array;
  readonly #touchedCells: Int32Array;
  readonly #splitter: Int32Array;
  readonly #keys: Float64Array;
  /** Pairs (cell, the new cell that was cut off it), to be undone in reverse. */
  readonly #splits: IntList;
  #literalCells = 0;
  /** What the refinement has met, the same for every naming of the graph. */
  trace = 0;
  visits = 0;
  /** Refinement ends early, not equitable, when visits pass it. */
  visitsMax: number = Number.MAX_SAFE_INTEGER;

  constructor(graph: ClauseGraph, meter: Meter) {
    const { vertexCount } = graph;
    meter.hold(4 * 9 * vertexCount + 9 * vertexCount);
    this.#graph = graph;
    this.elements = new Int32Array(vertexCount);
    this.#position = new Int32Array(vertexCount);
    this.#cellOf = new Int32Array(vertexCount);
    this.#length = new Int32Array(vertexCount);
    this.#queue = new Int32Array(vertexCount);
    this.#isQueued = new Uint8Array(vertexCount);
    this.#counts = new Int32Array(vertexCount);
    this.#touchedInCell = new Int32Array(vertexCount);
    this.#touchedCells = new Int32Array(vertexCount);
    this.#splitter = new Int32Array(vertexCount);
    this.#keys = new Float64Array(vertexCount);
    this.#splits = new IntList(meter, vertexCount);
    this.#start();
  }

  /** Each literal alone in its cell; the clauses may still share some. */
  get isDiscrete(): boolean {
    return this.#literalCells === this.#graph.literalCount;
  }

  get literalCells(): number {
    return this.#literalCells;
  }

  /** To be handed to {@link undo}. */
  get mark(): number {
    return this.#splits.length;
  }

  colourOf(vertex: number): number {
    return this.#cellOf[vertex]!;
  }

  lengthOf(cell: number): number {
    return this.#length[cell]!;
  }

  /** Of the smallest cells with two literals or more the first; it must not be discrete. */
  firstSmallestCell(): number {
    const { literalCount } = this.#graph;
    let smallest = -1;
    for (let cell = 0; cell < literalCount; cell += this.#length[cell]!) {
      this.visits++;
      const length = this.#length[cell]!;
      if (length > 1 && (smallest < 0 || length < this.#length[smallest]!)) smallest = cell;
      if (length === 2) break;
    }
    invariant(smallest >= 0, "a cell to individualise", { literalCells: this.#literalCells });
    return smallest;
  }

  /** Gives this vertex a colour of its own, before the rest of its cell, and refines. */
  individualise(vertex: number): void {
    const cell = this.#cellOf[vertex]!;
    this.#swap(this.#position[vertex]!, cell);
    this.#cut(cell, cell + 1, this.#length[cell]! - 1);
    this.#enqueue(cell);
    this.trace = 0;
    this.refine();
  }

  /** Until equitable, or until visits are spent. */
  refine(): void {
    while (this.#queueCount > 0) {
      const cell = this.#queue[this.#queueHead]!;
      this.#queueHead = (this.#queueHead + 1) % this.#queue.length;
      this.#queueCount--;
      this.#isQueued[cell] = 0;
      if (this.visits > this.visitsMax) continue;
      this.#splitBy(cell);
    }
  }

  undo(mark: number): void {
    const splits = this.#splits;
    const { elements } = this;
    while (splits.length > mark) {
      const cut = splits.items[--splits.length]!;
      const cell = splits.items[--splits.length]!;
      const length = this.#length[cut]!;
      for (let at = cut; at < cut + length; at++) this.#cellOf[elements[at]!] = cell;
      this.#length[cell]! += length;
      this.visits += length;
      if (cut < this.#graph.literalCount) this.#literalCells--;
    }
  }

  /** Literals are one cell; clauses of one size are one, smaller sizes first. */
  #start(): void {
    const { literalCount, vertexCount, starts } = this.#graph;
    for (let vertex = 0; vertex < literalCount; vertex++) this.#place(vertex, vertex, 0);
    if (literalCount > 0) this.#open(0, literalCount);
    const sizes = new Float64Array(vertexCount - literalCount);
    for (let vertex = literalCount; vertex < vertexCount; vertex++) {
      sizes[vertex - literalCount] = (starts[vertex + 1]! - starts[vertex]!) * vertexCount + vertex;
    }
    sizes.sort();
    let cell = literalCount;
    for (let at = literalCount; at < vertexCount; at++) {
      const key = sizes[at - literalCount]!;
      const size = Math.floor(key / vertexCount);
      const before =
        at > literalCount ? Math.floor(sizes[at - literalCount - 1]! / vertexCount) : size;
      if (size !== before) {
        this.#open(cell, at - cell);
        cell = at;
      }
      this.#place(key - size * vertexCount, at, cell);
    }
    if (cell < vertexCount) this.#open(cell, vertexCount - cell);
    this.visits += vertexCount;
  }

  #place(vertex: number, position: number, cell: number): void {
    this.elements[position] = vertex;
    this.#position[vertex] = position;
    this.#cellOf[vertex] = cell;
  }

  #open(cell: number, length: number): void {
    this.#length[cell] = length;
    if (cell < this.#graph.literalCount) this.#literalCells++;
    this.#enqueue(cell);
  }

  #enqueue(cell: number): void {
    if (this.#isQueued[cell] === 1) return;
    this.#isQueued[cell] = 1;
    this.#queue[(this.#queueHead + this.#queueCount) % this.#queue.length] = cell;
    this.#queueCount++;
  }

  #splitBy(cell: number): void {
    const { neighbours, starts, literalCount } = this.#graph;
    const length = this.#length[cell]!;
    // A copy: the splitter's own vertices may move while its neighbours are touched.
    const splitter = this.#splitter;
    for (let at = 0; at < length; at++) splitter[at] = this.elements[cell + at]!;
    let touchedCells = 0;
    this.#mix(cell);
    for (let at = 0; at < length; at++) {
      const vertex = splitter[at]!;
      const end = starts[vertex + 1]!;
      this.visits += end - starts[vertex]! + 1;
      for (let place = starts[vertex]!; place < end; place++) {
        touchedCells = this.#touch(neighbours[place]!, touchedCells);
      }
      if (vertex < literalCount) touchedCells = this.#touch(vertex ^ 1, touchedCells);
    }
    sortNumbers(this.#touchedCells, 0, touchedCells);
    for (let at = 0; at < touchedCells; at++) this.#splitTouched(this.#touchedCells[at]!);
  }

  /** Touched vertices gather at the end of their cells. Answers how many cells are touched. */
  #touch(vertex: number, touchedCells: number): number {
    if (this.#counts[vertex]!++ > 0) return touchedCells;
    const cell = this.#cellOf[vertex]!;
    const touched = this.#touchedInCell[cell]!++;
    const length = this.#length[cell]!;
    if (length > 1) this.#swap(this.#position[vertex]!, cell + length - 1 - touched);
    if (touched > 0) return touchedCells;
    this.#touchedCells[touchedCells] = cell;
    return touchedCells + 1;
  }

  #swap(left: number, right: number): void {
    if (left === right) return;
    const { elements } = this;
    const one = elements[left]!;
    const other = elements[right]!;
    elements[left] = other;
    elements[right] = one;
    this.#position[other] = left;
    this.#position[one] = right;
  }

  /** Cuts a cell by how often its vertices were touched: not at all first, then once, twice … */
  #splitTouched(cell: number): void {
    const counts = this.#counts;
    const { elements } = this;
    const length = this.#length[cell]!;
    const touched = this.#touchedInCell[cell]!;
    this.#touchedInCell[cell] = 0;
    const end = cell + length;
    const from = end - touched;
    const isEven = this.#sortByCount(from, end);
    this.#mix(cell ^ (touched << 8));
    let largest = from > cell ? cell : -1;
    let largestLength = from - cell;
    let firstCut = -1;
    const wasQueued = this.#isQueued[cell] === 1;
    for (let start = from; start < end;) {
      const count = counts[elements[start]!]!;
      let stop = isEven ? end : start + 1;
      while (stop < end && counts[elements[stop]!] === count) stop++;
      this.#mix(count);
      this.#mix(stop - start);
      for (let at = start; at < stop; at++) counts[elements[at]!] = 0;
      if (start > cell) {
        this.#cut(cell, start, stop - start);
        if (firstCut < 0) firstCut = start;
      }
      if (stop - start > largestLength) {
        largest = start;
        largestLength = stop - start;
      }
      start = stop;
    }
    if (firstCut < 0) return;
    // Hopcroft: all but one part are splitters, and that one may be the largest.
    for (let part = cell; part < end; part += this.#length[part]!) {
      if (wasQueued || part !== largest) this.#enqueue(part);
    }
  }

  /** Answers whether all have the same count, and so their order is of no account. */
  #sortByCount(from: number, end: number): boolean {
    const { elements } = this;
    const counts = this.#counts;
    const first = counts[elements[from]!];
    let at = from + 1;
    while (at < end && counts[elements[at]!] === first) at++;
    if (at === end) return true;
    const { vertexCount } = this.#graph;
    const keys = this.#keys.subarray(0, end - from);
    for (let index = from; index < end; index++) {
      const vertex = elements[index]!;
      keys[index - from] = counts[vertex]! * vertexCount + vertex;
    }
    keys.sort();
    for (let index = from; index < end; index++) {
      const vertex = keys[index - from]! % vertexCount;
      elements[index] = vertex;
      this.#position[vertex] = index;
    }
    this.visits += end - from;
    return false;
  }

  /** The last part of a cell becomes one of its own; parts are cut off from left to right. */
  #cut(cell: number, from: number, length: number): void {
    const { elements } = this;
    // Parts behind this one still count to the cell: they are cut off next.
    this.#length[cell]! -= length;
    this.#length[from] = length;
    for (let at = from; at < from + length; at++) this.#cellOf[elements[at]!] = from;
    this.#splits.push(cell);
    this.#splits.push(from);
    if (from < this.#graph.literalCount) this.#literalCells++;
  }

  #mix(value: number): void {
    const mixed = Math.imul(this.trace ^ value, 0x9e37_79b1);
    this.trace = mixed ^ (mixed >>> 15);
  }
}
