import { concatBytes } from "../bytes.ts";
import { JournalRefusal } from "./byte-cursor.ts";
import { crc32c } from "./crc32c.ts";
import { decodeBlock } from "./decode-block.ts";
import type { EventBlock } from "./event-block.ts";
import type { RecordingHeader } from "./journal-event.ts";
import { GAP_COUNT_MAX } from "./limits.ts";
import {
  BLOCK_HEAD_SIZE,
  BLOCK_MAGIC,
  HEADER_HEAD_SIZE,
  HEADER_MAGIC,
  decodeBlockHead,
  decodeRecordingHeader,
  headerBodySize,
} from "./recording-format.ts";

/** Bytes of a recording that tell nothing: a write that was cut off, a damaged disk, a foreign file. */
export interface JournalGap {
  /** From the stream's first byte. */
  readonly offset: number;
  readonly size: number;
  readonly why: string;
}

/** A part of the stream that was taken, or `undefined`: more bytes are needed to tell. */
type Taken = { readonly size: number; readonly block?: EventBlock; readonly why?: string };

/**
 * Reads a recording from a stream of bytes, as it grows. Whatever does not hold its checksum or is
 * not in its only encoding is a gap, and reading goes on behind it; nothing throws. Holds at most
 * one block's bytes, and does work in proportion to the stream whatever stands in it.
 *
 * Recordings one behind the other, such as a replica's segments, are read as one; the first header
 * counts.
 */
export class JournalReader {
  header: RecordingHeader | undefined;
  /** The first {@link GAP_COUNT_MAX}; {@link gapCount} has them all. */
  readonly gaps: JournalGap[] = [];
  gapCount = 0;
  /** Chunks that are put together only when enough of them have come. */
  #waiting: Uint8Array[] = [];
  #waitingSize = 0;
  /** Fewer bytes than these would tell nothing new. */
  #neededSize = 0;
  /** Where `#waiting` begins in the stream. */
  #offset = 0;
  /** A gap that is being read, for which no end was found yet. */
  #open: { readonly offset: number; readonly why: string } | undefined;

  /** Bytes that wait for more: after the last chunk, a torn tail. */
  get waitingSize(): number {
    return this.#waitingSize;
  }

  /** The blocks that became whole. `chunk` must not change afterwards. */
  push(chunk: Uint8Array): EventBlock[] {
    this.#waiting.push(chunk);
    this.#waitingSize += chunk.length;
    if (this.#waitingSize < this.#neededSize) return [];
    const bytes = this.#waiting.length === 1 ? chunk : concatBytes(...this.#waiting);
    const blocks: EventBlock[] = [];
    this.#neededSize = 0;
    let at = 0;
    while (at < bytes.length) {
      const taken = this.#take(bytes.subarray(at));
      if (taken === undefined) break;
      if (taken.why === undefined) this.#closeGap(at);
      else this.#openGap(at, taken.why);
      if (taken.block !== undefined) blocks.push(taken.block);
      at += taken.size;
    }
    this.#waiting = at === bytes.length ? [] : [bytes.slice(at)];
    this.#waitingSize = bytes.length - at;
    this.#offset += at;
    return blocks;
  }

  /** Nothing more comes: what waits is a gap, and no error. */
  end(): void {
    if (this.#waitingSize > 0) this.#openGap(0, "cut off");
    this.#closeGap(this.#waitingSize);
    this.#offset += this.#waitingSize;
    this.#waiting = [];
    this.#waitingSize = 0;
  }

  #take(bytes: Uint8Array): Taken | undefined {
    if (startsLike(bytes, BLOCK_MAGIC)) return this.#block(bytes);
    if (startsLike(bytes, HEADER_MAGIC)) return this.#header(bytes);
    return { size: foreignSize(bytes), why: "neither header nor block" };
  }

  #header(bytes: Uint8Array): Taken | undefined {
    if (bytes.length < HEADER_HEAD_SIZE) return this.#wait(HEADER_HEAD_SIZE);
    const bodySize = headerBodySize(bytes);
    if (bodySize === undefined) return { size: 1, why: "header's head" };
    const size = HEADER_HEAD_SIZE + bodySize;
    if (bytes.length < size) return this.#wait(size);
    try {
      const header = decodeRecordingHeader(bytes.subarray(0, size));
      this.header ??= header;
      return { size };
    } catch (error) {
      return { size, why: whyOf(error) };
    }
  }

  #block(bytes: Uint8Array): Taken | undefined {
    if (bytes.length < BLOCK_HEAD_SIZE) return this.#wait(BLOCK_HEAD_SIZE);
    const head = decodeBlockHead(bytes);
    // A head that does not hold says nothing of its length: the next magic is looked for.
    if (head === undefined) return { size: 1, why: "block's head" };
    const size = BLOCK_HEAD_SIZE + head.bodySize;
    if (bytes.length < size) return this.#wait(size);
    // One that holds is stepped over as a whole, so that no stream is read twice.
    const body = bytes.subarray(BLOCK_HEAD_SIZE, size);
    if (crc32c(body) !== head.bodyCheck) return { size, why: "block's checksum" };
    try {
      return { size, block: decodeBlock(head, body) };
    } catch (error) {
      return { size, why: whyOf(error) };
    }
  }

  #wait(size: number): undefined {
    this.#neededSize = size;
    return undefined;
  }

  #openGap(at: number, why: string): void {
    this.#open ??= { offset: this.#offset + at, why };
  }

  #closeGap(at: number): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    this.gapCount++;
    const size = this.#offset + at - open.offset;
    if (this.gaps.length < GAP_COUNT_MAX) this.gaps.push({ ...open, size });
  }
}

function whyOf(error: unknown): string {
  if (error instanceof JournalRefusal) return error.message;
  throw error;
}

/** Whether these bytes, or as many of them as there are, begin with the magic. */
function startsLike(bytes: Uint8Array, magic: Uint8Array): boolean {
  const size = Math.min(bytes.length, magic.length);
  for (let index = 0; index < size; index++) if (bytes[index] !== magic[index]) return false;
  return true;
}

/** How far it is to the next byte with which something of ours may begin; both magics begin alike. */
function foreignSize(bytes: Uint8Array): number {
  const next = bytes.indexOf(BLOCK_MAGIC[0]!, 1);
  return next < 0 ? bytes.length : next;
}
