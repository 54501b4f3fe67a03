import { pipeline, Readable } from "node:stream";
import { constants, createBrotliCompress, createBrotliDecompress } from "node:zlib";
import { looksPacked } from "./packed-bytes.ts";

/** Bytes on their way, of any length: packed as in packed-bytes.ts, and never held whole. */

/** HTTP's name for it. */
export const PACKED_ENCODING = "br";

/** Below it a value is a packet or two, packed or not. */
export const PACKED_STREAM_BYTES_MIN = 4096;

/** Packed bytes may be more than plain ones by so much: the form's own frame around noise. */
const FRAME_BYTES_MAX = 64 * 1024;

/** A stream with its first piece looked at. */
export interface Peeked {
  readonly isWorthPacking: boolean;
  /** All of it, the first piece included; to be read to its end or returned. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** Whether a stream of this size is worth packing, by what it begins with. */
export async function peek(source: AsyncIterable<Uint8Array>, size: number): Promise<Peeked> {
  if (size < PACKED_STREAM_BYTES_MIN) return { isWorthPacking: false, pieces: source };
  const iterator = source[Symbol.asyncIterator]();
  const first = await iterator.next();
  const pieces = (async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  })();
  return { isWorthPacking: first.done !== true && !looksPacked(first.value), pieces };
}

export function packStream(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const packer = createBrotliCompress({
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MIN_QUALITY + 1 },
  });
  // Either end takes the other with it; who reads sees what broke.
  pipeline(Readable.from(pieces, { objectMode: false }), packer, () => undefined);
  return packer as AsyncIterable<Uint8Array>;
}

/**
 * Plain bytes as they are wanted, and no more of them than one piece beyond `size`: whoever counts
 * them sees that they are too many. Throws when the packed ones are damaged, or more than plain
 * ones would be.
 */
export async function* unpackStream(
  packed: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const unpacker = createBrotliDecompress();
  const source = Readable.from(atMost(packed, size + FRAME_BYTES_MAX), { objectMode: false });
  pipeline(source, unpacker, () => undefined);
  let length = 0;
  for await (const piece of unpacker as AsyncIterable<Uint8Array>) {
    length += piece.length;
    yield piece;
    if (length > size) return;
  }
}

async function* atMost(
  pieces: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > bytesMax) throw new RangeError("more packed bytes than plain ones");
    yield piece;
  }
}
