import type { CachedValue } from "../cache/cache-tier.ts";
import { GIVEN_BODY_BYTES_MAX } from "./limits.ts";

/**
 * A small value in memory, wherever it lies; undefined: it is not small.
 * @throws QuorateError what its stream throws
 */
export async function wholeValue(value: CachedValue): Promise<Uint8Array | undefined> {
  if (value.bytes !== undefined) return value.bytes;
  if (value.size > GIVEN_BODY_BYTES_MAX) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of value.stream()) chunks.push(chunk);
  return Buffer.concat(chunks);
}
