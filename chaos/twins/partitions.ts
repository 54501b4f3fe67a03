/**
 * Every way to divide so many instances into at most so many blocks, once each: block numbers in
 * the order in which blocks appear (restricted growth strings), ascending.
 */
export function partitionsOf(instanceCount: number, blockCountMax: number): readonly number[][] {
  const found: number[][] = [];
  const grow = (blocks: number[], used: number): void => {
    if (blocks.length === instanceCount) {
      found.push(blocks);
      return;
    }
    for (let block = 0; block < Math.min(used + 1, blockCountMax); block++) {
      grow([...blocks, block], Math.max(used, block + 1));
    }
  };
  grow([], 0);
  return found;
}

/** The same partition with its blocks numbered in the order in which they appear. */
export function numbered(blocks: readonly number[]): { blocks: number[]; from: number[] } {
  const from: number[] = [];
  const renamed = blocks.map((block) => {
    const known = from.indexOf(block);
    return known >= 0 ? known : from.push(block) - 1;
  });
  return { blocks: renamed, from };
}
