import { HEADER_BYTES_MAX } from "./limits.ts";
import {
  BLOCK_HEAD_SIZE,
  HEADER_HEAD_SIZE,
  decodeBlockHead,
  headerBodySize,
} from "./recording-format.ts";

/** Where a block lies in its recording, and what it holds. */
export interface BlockPlace {
  readonly offset: number;
  /** Bytes, with its head. */
  readonly size: number;
  readonly eventCount: number;
  readonly earliestMs: number;
  readonly latestMs: number;
}

export interface RecordingIndex {
  /** Bytes before the first block. */
  readonly headerSize: number;
  readonly blocks: readonly BlockPlace[];
  readonly eventCount: number;
}

/** Fewer at the end. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/**
 * Finds every block of a recording by the blocks' heads alone: of a gigabyte some hundred kilobytes
 * are read. A block that was cut off at the end is left out. Undefined: there is a gap in it, or no
 * header, so that it has to be read from end to end.
 */
export async function indexRecording(
  readAt: ReadAt,
  size: number,
): Promise<RecordingIndex | undefined> {
  const head = await readAt(0, HEADER_HEAD_SIZE);
  const bodySize = head.length < HEADER_HEAD_SIZE ? undefined : headerBodySize(head);
  if (bodySize === undefined || bodySize > HEADER_BYTES_MAX) return undefined;
  const headerSize = HEADER_HEAD_SIZE + bodySize;
  const blocks: BlockPlace[] = [];
  let eventCount = 0;
  for (let offset = headerSize; offset + BLOCK_HEAD_SIZE <= size;) {
    const block = decodeBlockHead(await readAt(offset, BLOCK_HEAD_SIZE));
    if (block === undefined) return undefined;
    const whole = BLOCK_HEAD_SIZE + block.bodySize;
    if (offset + whole > size) break;
    const { earliestMs, latestMs } = block;
    blocks.push({ offset, size: whole, eventCount: block.eventCount, earliestMs, latestMs });
    eventCount += block.eventCount;
    offset += whole;
  }
  return { headerSize, blocks, eventCount };
}

/** Those with events in [fromMs, toMs]: whole blocks, so a little more than was asked for. */
export function blocksWithin(
  { blocks }: RecordingIndex,
  fromMs: number,
  toMs: number,
): readonly BlockPlace[] {
  return blocks.filter(({ earliestMs, latestMs }) => latestMs >= fromMs && earliestMs <= toMs);
}
