import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, brotliDecompressSync, constants } from "node:zlib";

/**
 * Bytes as they lie on a disk or travel: brotli at its lowest quality, which costs little more than
 * a hash of them, and only where that helps. Digests are always of the plain bytes.
 */

/** Below it a page of the disk, or a packet, is saved by nothing. */
export const PACKED_BYTES_MIN = 512;

/** Packed bytes are at most this part of the plain ones, or they are not worth their unpacking. */
export const PACKED_SHARE_MAX: number = 7 / 8;

/** One unpacking holds plain bytes in memory; what is larger is packed in pieces. */
export const PACKED_PLAIN_BYTES_MAX: number = 4 * 1024 * 1024;

/** What tells packed or encrypted bytes from others: that many of them, from all over. */
const SAMPLE_COUNT = 4096;
const SAMPLE_RUN = 64;

/**
 * Bits of information a byte, of the sample: text has 4 to 5, programs 5 to 7, and what is
 * compressed or encrypted comes close to the 7.95 that so small a sample of noise has.
 */
const INFORMATION_MAX = 7.5;

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Undefined: packing would not help. On the thread pool, not on the caller's thread. */
export async function packBytes(plain: Uint8Array): Promise<Uint8Array | undefined> {
  const isFit = plain.length >= PACKED_BYTES_MIN && plain.length <= PACKED_PLAIN_BYTES_MAX;
  if (!isFit || looksPacked(plain)) return undefined;
  const packed = await compress(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MIN_QUALITY + 1,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
  return packed.length <= plain.length * PACKED_SHARE_MAX ? packed : undefined;
}

/**
 * Never makes more than `size` bytes, whatever the packed ones would become.
 * Undefined: they are not exactly `size` plain bytes.
 */
export async function unpackBytes(
  packed: Uint8Array,
  size: number,
): Promise<Uint8Array | undefined> {
  if (!isSizeOfPacked(size)) return undefined;
  const plain = await decompress(packed, bounded(size)).catch(() => undefined);
  return plain?.length === size ? plain : undefined;
}

/** The same on the caller's thread, for small ones. */
export function unpackBytesNow(packed: Uint8Array, size: number): Uint8Array | undefined {
  if (!isSizeOfPacked(size)) return undefined;
  try {
    const plain = brotliDecompressSync(packed, bounded(size));
    return plain.length === size ? plain : undefined;
  } catch {
    return undefined;
  }
}

/** Whether these bytes look like noise, by a sample of them: a guess, and nothing rests on it. */
export function looksPacked(bytes: Uint8Array): boolean {
  const counts = new Uint32Array(256);
  let sampled = 0;
  const runs = Math.max(1, Math.floor(SAMPLE_COUNT / SAMPLE_RUN));
  const step = Math.max(SAMPLE_RUN, Math.floor(bytes.length / runs));
  for (let from = 0; from < bytes.length; from += step) {
    const end = Math.min(bytes.length, from + SAMPLE_RUN);
    for (let at = from; at < end; at++) counts[bytes[at]!]!++;
    sampled += end - from;
  }
  // Noise of few bytes repeats itself less than it seems to: too few say nothing.
  if (sampled < SAMPLE_COUNT / 2) return false;
  let information = 0;
  for (const count of counts) {
    if (count > 0) information -= (count / sampled) * Math.log2(count / sampled);
  }
  return information > INFORMATION_MAX;
}

function isSizeOfPacked(size: number): boolean {
  return size >= PACKED_BYTES_MIN && size <= PACKED_PLAIN_BYTES_MAX;
}

function bounded(size: number): { readonly maxOutputLength: number } {
  return { maxOutputLength: size };
}
