import { fromUtf8, utf8 } from "../../base/bytes.ts";
import { keyText } from "../map/key-text.ts";

/**
 * The names of each namespace in byte order, for listings; derived from the entry rows. Sorted
 * blocks of bounded size: adding, removing and finding cost a search over the blocks and one in a
 * block, also at a million names.
 *
 * Inside, a name is a text of one unit for each byte of its UTF-8: those the engine compares by
 * itself in byte order, which the units of UTF-16 do not have.
 */

/** Names in a block; half of them after a split. */
const BLOCK_COUNT_MAX = 512;

export class NameIndex {
  #namespaces = new Map<string, string[][]>();

  add(namespace: string, text: string): void {
    const name = byteName(text);
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

  remove(namespace: string, text: string): void {
    const name = byteName(text);
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
    const first = byteName(prefix);
    const previous = byteName(after);
    const from = previous < first ? first : previous;
    for (let blockIndex = blockOf(blocks, from); blockIndex < blocks.length; blockIndex++) {
      const block = blocks[blockIndex]!;
      for (let index = firstFrom(block, from); index < block.length; index++) {
        const name = block[index]!;
        if (name <= previous && after !== "") continue;
        if (!name.startsWith(first)) return;
        yield textOf(name);
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
    if (blocks[middle]![0]! <= name) low = middle;
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
    if (block[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

const NOT_ASCII = /[^\0-\u007f]/;

function byteName(text: string): string {
  return NOT_ASCII.test(text) ? keyText(utf8(text)) : text;
}

function textOf(name: string): string {
  if (!NOT_ASCII.test(name)) return name;
  return fromUtf8(Uint8Array.from(name, (unit) => unit.charCodeAt(0))) ?? name;
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
