/**
 * The names of each namespace in byte order, for listings; derived from the entry rows. Sorted
 * blocks of bounded size: adding, removing and finding cost a search over the blocks and one in a
 * block, also at a million names.
 */

/** Names in a block; half of them after a split. */
const BLOCK_COUNT_MAX = 512;

export class NameIndex {
  #namespaces = new Map<string, string[][]>();

  add(namespace: string, name: string): void {
    let blocks = this.#namespaces.get(namespace);
    if (blocks === undefined) {
      blocks = [];
      this.#namespaces.set(namespace, blocks);
    }
    if (blocks.length === 0) {
      blocks.push([name]);
      return;
    }
    const blockIndex = blockOf(blocks, name);
    const block = blocks[blockIndex]!;
    const index = firstFrom(block, name);
    if (block[index] === name) return;
    block.splice(index, 0, name);
    if (block.length > BLOCK_COUNT_MAX) {
      blocks.splice(blockIndex + 1, 0, block.splice(BLOCK_COUNT_MAX / 2));
    }
  }

  remove(namespace: string, name: string): void {
    const blocks = this.#namespaces.get(namespace);
    if (blocks === undefined || blocks.length === 0) return;
    const blockIndex = blockOf(blocks, name);
    const block = blocks[blockIndex]!;
    const index = firstFrom(block, name);
    if (block[index] !== name) return;
    block.splice(index, 1);
    if (block.length === 0) blocks.splice(blockIndex, 1);
    if (blocks.length === 0) this.#namespaces.delete(namespace);
  }

  /** Names later than `after` that begin with `prefix`, in byte order. */
  *names(namespace: string, prefix: string, after: string): Iterable<string> {
    const blocks = this.#namespaces.get(namespace) ?? [];
    if (blocks.length === 0) return;
    const from = compareNames(after, prefix) < 0 ? prefix : after;
    for (let blockIndex = blockOf(blocks, from); blockIndex < blocks.length; blockIndex++) {
      const block = blocks[blockIndex]!;
      for (let index = firstFrom(block, from); index < block.length; index++) {
        const name = block[index]!;
        if (compareNames(name, after) <= 0 && after !== "") continue;
        if (!name.startsWith(prefix)) return;
        yield name;
      }
    }
  }
}

/** The last block whose first name is not later; the first block if there is none. */
function blockOf(blocks: readonly (readonly string[])[], name: string): number {
  let low = 0;
  let high = blocks.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (compareNames(blocks[middle]![0]!, name) <= 0) low = middle;
    else high = middle;
  }
  return low;
}

/** Index of the first name that is not earlier. */
function firstFrom(block: readonly string[], name: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareNames(block[middle]!, name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The order of the UTF-8 encodings: that of code points, which UTF-16 units alone do not give. */
export function compareNames(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const one = left.charCodeAt(index);
    const other = right.charCodeAt(index);
    if (one !== other) return rank(one) - rank(other);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}
