/** What one table may hold, bytes: more than that and the search gives up with "unknown". */
export const CONFIGURATION_BYTES_MAX = 256 * 1024 * 1024;

const ROWS_FIRST = 1024;

/**
 * The configurations that a search has been in: which operations were placed (a bit each) and the
 * state they led to. A flat table with open addressing: a search may visit millions, and a row is
 * a few words in one array instead of an object. Doubles when half full, up to a bound in bytes.
 */
export class ConfigurationSet {
  readonly #rowWords: number;
  readonly #rowsMax: number;
  #rows: Uint32Array;
  /** Row number plus one in each slot; 0 is an empty slot. Twice as many slots as rows. */
  #slots: Uint32Array;
  #count = 0;

  constructor(bitCount: number, bytesMax: number = CONFIGURATION_BYTES_MAX) {
    this.#rowWords = Math.ceil(bitCount / 32) + 1;
    const bytesPerRow = 4 * (this.#rowWords + 2);
    this.#rowsMax = Math.max(1, Math.floor(bytesMax / bytesPerRow));
    this.#rows = new Uint32Array(ROWS_FIRST * this.#rowWords);
    this.#slots = new Uint32Array(ROWS_FIRST * 2);
  }

  get count(): number {
    return this.#count;
  }

  /** "full": it is new, and there is no room for it. */
  add(placed: Uint32Array, state: number): "added" | "present" | "full" {
    const mask = this.#slots.length - 1;
    let slot = hashOf(placed, state) & mask;
    for (let row = this.#slots[slot]!; row !== 0; row = this.#slots[slot]!) {
      if (this.#holds(row - 1, placed, state)) return "present";
      slot = (slot + 1) & mask;
    }
    if (this.#count >= this.#rowsMax) return "full";
    this.#rows.set(placed, this.#count * this.#rowWords);
    this.#rows[(this.#count + 1) * this.#rowWords - 1] = state;
    this.#count++;
    this.#slots[slot] = this.#count;
    if (this.#count * 2 === this.#slots.length) this.#grow();
    return "added";
  }

  #holds(row: number, placed: Uint32Array, state: number): boolean {
    const start = row * this.#rowWords;
    if (this.#rows[start + this.#rowWords - 1] !== state) return false;
    for (let word = 0; word < placed.length; word++) {
      if (this.#rows[start + word] !== placed[word]) return false;
    }
    return true;
  }

  #grow(): void {
    const rows = new Uint32Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let row = 0; row < this.#count; row++) {
      const start = row * this.#rowWords;
      const end = start + this.#rowWords - 1;
      let slot = hashOf(rows.subarray(start, end), rows[end]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = row + 1;
    }
    this.#slots = slots;
  }
}

function hashOf(placed: Uint32Array, state: number): number {
  let hash = Math.imul(state ^ 0x9e3779b9, 0x85ebca6b);
  for (let word = 0; word < placed.length; word++) {
    hash = Math.imul(hash ^ placed[word]! ^ (hash >>> 15), 0xc2b2ae35);
    hash ^= hash >>> 13;
  }
  return hash >>> 0;
}
