import { XXH3_128_SIZE } from "../xxh3/xxh3-128.ts";

/**
 * A body as ccache 4.x stores it, big-endian:
 *
 *     0   magic CC AC
 *     2   format version 1
 *     3   type: 0 result, 1 manifest
 *     4   compression: 0 none, 1 zstd
 *     5   compression level
 *     6   self-contained: 0 or 1
 *     7   creation time, seconds since 1970, 8 bytes
 *     15  ccache's version: one byte of length, text
 *         namespace: one byte of length, text
 *         size of the whole entry when uncompressed, 8 bytes
 *         payload
 *         XXH3-128 of all before it, 16 bytes
 */
export const TYPE_RESULT = 0;
export const TYPE_MANIFEST = 1;

export const TIME_OFFSET = 7;
export const TIME_SIZE = 8;
export const TAIL_SIZE: number = XXH3_128_SIZE;

const TEXTS_OFFSET = TIME_OFFSET + TIME_SIZE;
const TEXT_SIZE_MAX = 255;
const ENTRY_SIZE_SIZE = 8;
/** The longest header: both texts as long as their length bytes allow. */
export const HEADER_SIZE_MAX: number = TEXTS_OFFSET + 2 * (1 + TEXT_SIZE_MAX) + ENTRY_SIZE_SIZE;

const COMPRESSION_MAX = 1;

/** 0 or 1 by a body's first bytes, undefined when they are not ccache's. Four bytes suffice. */
export function ccacheType(head: Uint8Array): number | undefined {
  if (head.length < 4 || head[0] !== 0xcc || head[1] !== 0xac || head[2] !== 1) return undefined;
  const type = head[3] as number;
  return type <= TYPE_MANIFEST ? type : undefined;
}

/** Why a body with this beginning (up to HEADER_SIZE_MAX bytes) and size is malformed. */
export function headerFault(head: Uint8Array, size: number, type: number): string | undefined {
  if (ccacheType(head) !== type) return "the body is not of this type of ccache entry";
  if (head.length < TEXTS_OFFSET) return "the header is cut off";
  if ((head[4] as number) > COMPRESSION_MAX) return "the compression is unknown";
  if ((head[6] as number) > 1) return "the flag self-contained is neither 0 nor 1";
  const versionEnd = textEnd(head, TEXTS_OFFSET);
  const namespaceEnd = versionEnd === undefined ? undefined : textEnd(head, versionEnd);
  if (namespaceEnd === undefined || namespaceEnd + ENTRY_SIZE_SIZE > head.length) {
    return "the header is cut off";
  }
  const headerSize = namespaceEnd + ENTRY_SIZE_SIZE;
  if (size < headerSize + TAIL_SIZE) return "the body is shorter than header and checksum";
  return sizeFault(head, namespaceEnd, size);
}

/** An uncompressed entry has the size that it states; a compressed one cannot be judged unopened. */
function sizeFault(head: Uint8Array, offset: number, size: number): string | undefined {
  if (head[4] !== 0) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return view.getBigUint64(offset) === BigInt(size) ? undefined : "the size stated is wrong";
}

function textEnd(head: Uint8Array, offset: number): number | undefined {
  const size = head[offset];
  if (size === undefined) return undefined;
  const end = offset + 1 + size;
  return end <= head.length ? end : undefined;
}
