import type { Hash } from "../../base/types.ts";

/**
 * A set of digests in eight bytes each, for a million of them at a time: the first 48 bits, as
 * exact numbers, sorted before the first question. Two digests that share them (one pair in 2^48)
 * only keep a value too long.
 */
export class DigestSet {
  #prefixes = new Float64Array(1024);
  #length = 0;
  #sorted = true;

  get length(): number {
    return this.#length;
  }

  add(digest: Hash): void {
    if (this.#length === this.#prefixes.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#prefixes);
      this.#prefixes = larger;
    }
    this.#prefixes[this.#length++] = prefixOf(digest);
    this.#sorted = false;
  }

  has(digest: Hash): boolean {
    if (!this.#sorted) this.#prefixes.subarray(0, this.#length).sort();
    this.#sorted = true;
    const wanted = prefixOf(digest);
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#prefixes[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low < this.#length && this.#prefixes[low] === wanted;
  }
}

function prefixOf(digest: Hash): number {
  const view = new DataView(digest.buffer, digest.byteOffset, digest.length);
  return view.getUint32(0) * 0x1_0000 + view.getUint16(4);
}
