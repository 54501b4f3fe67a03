import { equalBytes, utf8 } from "../bytes.ts";
import { ByteCursor, JournalRefusal } from "./byte-cursor.ts";
import { ByteSink } from "./byte-sink.ts";
import { crc32c } from "./crc32c.ts";
import type { RecordingHeader, RecordingOrigin } from "./journal-event.ts";
import {
  BLOCK_BYTES_MAX,
  BLOCK_EVENT_COUNT_MAX,
  HEADER_BYTES_MAX,
  MEMBER_COUNT_MAX,
  TEXT_BYTES_MAX,
} from "./limits.ts";

/** The frame around headers and blocks; README.md has the layout of every byte. */
export const HEADER_MAGIC: Uint8Array = utf8("QJOURNL1");
export const BLOCK_MAGIC: Uint8Array = utf8("QJB1");
/** Magic, body length, two checksums. */
export const HEADER_HEAD_SIZE = 8 + 4 + 4 + 4;
/** Magic, body length, event count, earliest and latest milliseconds, two checksums. */
export const BLOCK_HEAD_SIZE = 4 + 4 + 4 + 6 + 6 + 4 + 4;
/** Where in a block's head its body's checksum stands; its own follows and covers all before. */
const BODY_CHECK_AT = 24;
const HEAD_CHECK_AT = 28;
/** As much in a header. */
const HEADER_BODY_CHECK_AT = 12;
const HEADER_HEAD_CHECK_AT = 16;

/** What a detail may be called: nothing that an object has of itself in another form. */
export const DETAIL_NAME: RegExp = /^[a-z][A-Za-z0-9]{0,31}$/u;

const ORIGINS: readonly RecordingOrigin[] = ["live", "simulation", "chaos"];

/** What a block says of itself: enough to find a time in a long file without decoding it. */
export interface BlockHead {
  readonly bodySize: number;
  readonly eventCount: number;
  readonly earliestMs: number;
  readonly latestMs: number;
  readonly bodyCheck: number;
}

export function encodeRecordingHeader(header: RecordingHeader): Uint8Array {
  const body = new ByteSink(256);
  body.byte(ORIGINS.indexOf(header.origin));
  body.text(header.title);
  body.varint(header.memberCount);
  body.varint(header.faultyMax);
  body.varint(header.names.length);
  for (const name of header.names) body.text(name);
  // 0 is none, so that every number has one encoding.
  body.varint(header.seed === undefined ? 0 : header.seed + 1);
  const whole = new ByteSink(HEADER_HEAD_SIZE + body.size);
  whole.raw(HEADER_MAGIC);
  whole.uint32(body.size);
  whole.uint32(crc32c(body.written));
  whole.uint32(crc32c(whole.written));
  whole.raw(body.written);
  return whole.written.slice();
}

/** Undefined: `bytes`, which has a header's head at least, begins with none that could be whole. */
export function headerBodySize(bytes: Uint8Array): number | undefined {
  if (!equalBytes(bytes.subarray(0, HEADER_MAGIC.length), HEADER_MAGIC)) return undefined;
  const check = crc32c(bytes, 0, HEADER_HEAD_CHECK_AT);
  if (check !== uint32At(bytes, HEADER_HEAD_CHECK_AT)) return undefined;
  const size = uint32At(bytes, 8);
  return size <= HEADER_BYTES_MAX ? size : undefined;
}

/** @throws JournalRefusal unless `bytes` is exactly one header, in its only encoding */
export function decodeRecordingHeader(bytes: Uint8Array): RecordingHeader {
  const body = bytes.subarray(HEADER_HEAD_SIZE);
  if (crc32c(body) !== uint32At(bytes, HEADER_BODY_CHECK_AT))
    throw new JournalRefusal("header's checksum");
  const cursor = new ByteCursor(body);
  const origin = ORIGINS[cursor.byte()];
  if (origin === undefined) throw new JournalRefusal("unknown origin");
  const title = cursor.text(TEXT_BYTES_MAX);
  const memberCount = cursor.varint(MEMBER_COUNT_MAX);
  const faultyMax = cursor.varint(MEMBER_COUNT_MAX);
  const nameCount = cursor.count(MEMBER_COUNT_MAX, 1);
  const names = Array.from({ length: nameCount }, () => cursor.text(TEXT_BYTES_MAX));
  const seed = cursor.varint();
  if (!cursor.isAtEnd) throw new JournalRefusal("bytes after the header");
  return { origin, title, memberCount, faultyMax, names, seed: seed === 0 ? undefined : seed - 1 };
}

export function encodeBlock(
  body: Uint8Array,
  of: Pick<BlockHead, "eventCount" | "earliestMs" | "latestMs">,
): Uint8Array {
  const block = new ByteSink(BLOCK_HEAD_SIZE + body.length);
  block.raw(BLOCK_MAGIC);
  block.uint32(body.length);
  block.uint32(of.eventCount);
  block.uint48(of.earliestMs);
  block.uint48(of.latestMs);
  block.uint32(crc32c(body));
  block.uint32(crc32c(block.written));
  block.raw(body);
  return block.written;
}

/** Undefined: `bytes`, which is as long as a head at least, begins with none. */
export function decodeBlockHead(bytes: Uint8Array): BlockHead | undefined {
  if (!equalBytes(bytes.subarray(0, BLOCK_MAGIC.length), BLOCK_MAGIC)) return undefined;
  if (crc32c(bytes, 0, HEAD_CHECK_AT) !== uint32At(bytes, HEAD_CHECK_AT)) return undefined;
  const bodySize = uint32At(bytes, 4);
  const eventCount = uint32At(bytes, 8);
  if (bodySize > BLOCK_BYTES_MAX || eventCount < 1 || eventCount > BLOCK_EVENT_COUNT_MAX) {
    return undefined;
  }
  return {
    bodySize,
    eventCount,
    earliestMs: uint48At(bytes, 12),
    latestMs: uint48At(bytes, 18),
    bodyCheck: uint32At(bytes, BODY_CHECK_AT),
  };
}

function uint32At(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}

function uint48At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! * 256 + bytes[at + 1]!) * 2 ** 32 + uint32At(bytes, at + 2);
}
