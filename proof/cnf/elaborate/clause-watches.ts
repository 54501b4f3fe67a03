import type { Meter } from "../../frame/meter.ts";
import { WatchLists } from "../solver/watch-lists.ts";
import { HEAD } from "./lemma-list.ts";
import type { LemmaList } from "./lemma-list.ts";

/**
 * Which clauses are there, and where they are watched: those that the proof is known to need (the
 * core) apart from the others, so that propagation can look at the core first.
 */
export class ClauseWatches {
  readonly core: WatchLists;
  readonly other: WatchLists;
  readonly #items: Int32Array;
  readonly #offsets: Int32Array;
  /** By index: 1 while it is there. */
  readonly isLive: Uint8Array;
  readonly isCore: Uint8Array;
  visits = 0;

  constructor(lemmas: LemmaList, meter: Meter) {
    this.#items = lemmas.arena.items;
    this.#offsets = lemmas.offsets.items;
    meter.hold(2 * lemmas.count);
    this.isLive = new Uint8Array(lemmas.count);
    this.isCore = new Uint8Array(lemmas.count);
    this.core = new WatchLists(lemmas.literalBound, meter);
    this.other = new WatchLists(lemmas.literalBound, meter);
  }

  /**
   * Watches two literals that are not false, true ones first; of too few, the false one that became
   * so last. Answers how many are not false, up to two.
   */
  attach(index: number, values: Int8Array, positions: Int32Array): number {
    this.isLive[index] = 1;
    const offset = this.#offsets[index]!;
    const size = this.#items[offset]!;
    this.visits += size;
    const first = this.#bring(offset, 0, values, positions);
    if (size === 0) return 0;
    const isFirstFalse = values[first] === -1;
    if (size === 1) return isFirstFalse ? 0 : 1;
    const second = this.#bring(offset, 1, values, positions);
    const lists = this.isCore[index] === 1 ? this.core : this.other;
    lists.add(first, offset, second);
    lists.add(second, offset, first);
    if (isFirstFalse) return 0;
    return values[second] === -1 ? 1 : 2;
  }

  detach(index: number): void {
    this.isLive[index] = 0;
    this.#unwatch(index);
  }

  /** True when it was not in the core before. */
  makeCore(index: number): boolean {
    if (this.isCore[index] === 1) return false;
    const offset = this.#offsets[index]!;
    const isWatched = this.isLive[index] === 1 && this.#items[offset]! > 1;
    if (isWatched) this.#unwatch(index);
    this.isCore[index] = 1;
    if (isWatched) {
      const [first, second] = [this.#items[offset + HEAD]!, this.#items[offset + HEAD + 1]!];
      this.core.add(first, offset, second);
      this.core.add(second, offset, first);
    }
    return true;
  }

  #unwatch(index: number): void {
    const offset = this.#offsets[index]!;
    if (this.#items[offset]! < 2) return;
    const lists = this.isCore[index] === 1 ? this.core : this.other;
    for (const place of [offset + HEAD, offset + HEAD + 1]) {
      const literal = this.#items[place]!;
      this.visits += lists.sizes[literal]! >>> 1;
      lists.remove(literal, offset);
    }
  }

  /** The literal that is best to watch, of those from this place on, comes to it. */
  #bring(offset: number, place: number, values: Int8Array, positions: Int32Array): number {
    const items = this.#items;
    const base = offset + HEAD;
    const end = base + items[offset]!;
    let best = base + place;
    let bestRank = -1;
    for (let at = base + place; at < end; at++) {
      const literal = items[at]!;
      const value = values[literal]!;
      // Open and true ones rank above all positions of false ones.
      const rank = value === -1 ? positions[literal >>> 1]! : OPEN_RANK + value;
      if (rank > bestRank) {
        best = at;
        bestRank = rank;
      }
    }
    if (base + place >= end) return 0;
    const literal = items[best]!;
    items[best] = items[base + place]!;
    items[base + place] = literal;
    return literal;
  }
}

const OPEN_RANK = 0x7fff_0000;
