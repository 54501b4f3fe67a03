import type { CachedValue } from "../cache/cache-tier.ts";

/**
 * A small value in memory, wherever it lies; undefined: it is not small.
 * @throws QuorateError what its stream throws
 */
export async function wholeValue(
  value: CachedValue,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  if (value.bytes !== undefined) return value.bytes;
  if (value.size > bytesMax) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of value.stream()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
