import { concatBytes } from "../../base/bytes.ts";

/** A WebSocket frame as it came, whole (RFC 6455, section 5.2). */
export interface RawFrame {
  readonly bytes: Uint8Array;
  /** A message's frame; else a ping, a pong or a close. */
  readonly isData: boolean;
  readonly payloadAt: number;
  /** Undefined: not masked. */
  readonly mask: Uint8Array | undefined;
}

const EMPTY = new Uint8Array(0);

/** Cuts a stream into frames without looking into them. */
export class FrameCutter {
  #rest: Uint8Array = EMPTY;

  push(chunk: Uint8Array): readonly RawFrame[] {
    this.#rest = this.#rest.length === 0 ? chunk : concatBytes(this.#rest, chunk);
    const frames: RawFrame[] = [];
    for (let size = frameSize(this.#rest); size !== undefined; size = frameSize(this.#rest)) {
      if (size.total > this.#rest.length) break;
      const bytes = this.#rest.slice(0, size.total);
      this.#rest = this.#rest.subarray(size.total);
      const { payloadAt, isMasked } = size;
      frames.push({
        bytes,
        isData: (bytes[0]! & 0x0f) < 8,
        payloadAt,
        mask: isMasked ? bytes.subarray(payloadAt - 4, payloadAt) : undefined,
      });
    }
    return frames;
  }
}

function frameSize(
  bytes: Uint8Array,
): { total: number; payloadAt: number; isMasked: boolean } | undefined {
  if (bytes.length < 2) return undefined;
  const isMasked = (bytes[1]! & 0x80) !== 0;
  const short = bytes[1]! & 0x7f;
  const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
  if (bytes.length < 2 + extra) return undefined;
  let length = extra === 0 ? short : 0;
  for (let at = 0; at < extra; at++) length = length * 256 + bytes[2 + at]!;
  const payloadAt = 2 + extra + (isMasked ? 4 : 0);
  return { total: payloadAt + length, payloadAt, isMasked };
}

export function payloadOf({ bytes, payloadAt, mask }: RawFrame): Uint8Array {
  const payload = bytes.slice(payloadAt);
  if (mask !== undefined) for (let at = 0; at < payload.length; at++) payload[at]! ^= mask[at & 3]!;
  return payload;
}

/** The frame with one bit of its payload turned; masks make no difference to that. */
export function withBitTurned(frame: RawFrame, place: number): Uint8Array {
  const bytes = frame.bytes.slice();
  const size = bytes.length - frame.payloadAt;
  if (size > 0) bytes[frame.payloadAt + (place % size)]! ^= 1 << (place & 7);
  return bytes;
}
