import { createHash } from "node:crypto";
import { invariant } from "../../base/assert.ts";

/**
 * How promises lie in a file.
 *
 * A segment is a header and frames. A frame is what one turn of the host wrote with one fdatasync,
 * so a frame that has another whole frame behind it was durable once: if it is broken, something
 * was forgotten. A broken frame with nothing whole behind it is the turn in which the machine died,
 * and nothing rested on it yet.
 *
 * The checksum is salted anew for each segment, so that no client's bytes inside a torn frame can
 * pass for a whole frame. It guards against disks, not against whoever can write the file.
 *
 *   header  "QPROMIS1" ‖ segment number u64 ‖ salt 16 ‖ SHA-256(all before)[0..16]
 *   frame   "QPF1" ‖ body length u32 ‖ frame index u64 ‖ SHA-256(salt ‖ those 16 ‖ body)[0..16] ‖ body
 *   body    records: kind u8 ‖ length u32 ‖ bytes
 */
const SEGMENT_MAGIC = Buffer.from("QPROMIS1");
const FRAME_MAGIC = Buffer.from("QPF1");
const CHECK_SIZE = 16;
const SALT_SIZE = 16;
export const SEGMENT_HEADER_SIZE = 8 + 8 + SALT_SIZE + CHECK_SIZE;
const FRAME_HEAD_SIZE = 16;
const FRAME_HEADER_SIZE = FRAME_HEAD_SIZE + CHECK_SIZE;
const RECORD_HEADER_SIZE = 5;

/** One turn's promises: a window of the largest batches, and a new-view, stay far below. */
const FRAME_BYTES_MAX = 1024 * 1024 * 1024;

/** Kinds that the log itself writes; those of promises are below. */
export const KIND_FLOOR = 100;
export const KIND_SEALED = 101;
export const KIND_CLOSED = 102;

export interface StoredRecord {
  readonly kind: number;
  readonly parts: readonly Uint8Array[];
}

export interface ScannedSegment {
  readonly number: number;
  readonly salt: Uint8Array;
  /** Each frame's records, in order. */
  readonly frames: readonly (readonly { readonly kind: number; readonly body: Uint8Array }[])[];
  /** Where the last whole frame of the unbroken beginning ends. */
  readonly end: number;
  /** "torn": what follows `end` is no whole frame. "broken": a whole frame lies behind a broken one. */
  readonly verdict: "whole" | "torn" | "broken";
}

export function encodeSegmentHeader(
  number: number,
  random: (size: number) => Uint8Array,
): { header: Buffer; salt: Uint8Array } {
  const header = Buffer.alloc(SEGMENT_HEADER_SIZE);
  SEGMENT_MAGIC.copy(header);
  header.writeBigUInt64BE(BigInt(number), 8);
  const salt = random(SALT_SIZE);
  header.set(salt, 16);
  check(header.subarray(0, 32)).copy(header, 32);
  return { header, salt };
}

export function encodeFrame(
  salt: Uint8Array,
  frameIndex: number,
  records: readonly StoredRecord[],
): Buffer {
  let size = 0;
  for (const record of records) size += RECORD_HEADER_SIZE + sizeOf(record);
  invariant(size > 0 && size <= FRAME_BYTES_MAX, "frame within its bound", { size });
  const frame = Buffer.allocUnsafe(FRAME_HEADER_SIZE + size);
  FRAME_MAGIC.copy(frame);
  frame.writeUInt32BE(size, 4);
  frame.writeBigUInt64BE(BigInt(frameIndex), 8);
  let offset = FRAME_HEADER_SIZE;
  for (const record of records) {
    offset = frame.writeUInt8(record.kind, offset);
    offset = frame.writeUInt32BE(sizeOf(record), offset);
    for (const part of record.parts) {
      frame.set(part, offset);
      offset += part.length;
    }
  }
  checkOfFrame(salt, frame).copy(frame, FRAME_HEAD_SIZE);
  return frame;
}

function sizeOf(record: StoredRecord): number {
  let size = 0;
  for (const part of record.parts) size += part.length;
  return size;
}

/** Undefined: the header is not whole. */
export function scanSegment(file: Buffer): ScannedSegment | undefined {
  if (file.length < SEGMENT_HEADER_SIZE) return undefined;
  if (!file.subarray(0, 8).equals(SEGMENT_MAGIC)) return undefined;
  if (!check(file.subarray(0, 32)).equals(file.subarray(32, SEGMENT_HEADER_SIZE))) return undefined;
  const number = Number(file.readBigUInt64BE(8));
  const salt = Uint8Array.from(file.subarray(16, 32));
  const frames: { kind: number; body: Uint8Array }[][] = [];
  let offset = SEGMENT_HEADER_SIZE;
  while (offset < file.length) {
    const frame = frameAt(file, offset, salt);
    const records = frame?.index === frames.length ? recordsOf(frame.body) : undefined;
    if (frame === undefined || records === undefined) break;
    frames.push(records);
    offset = frame.end;
  }
  const verdict =
    offset === file.length ? "whole" : holdsFrame(file, offset + 1, salt) ? "broken" : "torn";
  return { number, salt, frames, end: offset, verdict };
}

interface Frame {
  readonly index: number;
  readonly body: Buffer;
  readonly end: number;
}

function frameAt(file: Buffer, offset: number, salt: Uint8Array): Frame | undefined {
  if (file.length - offset < FRAME_HEADER_SIZE) return undefined;
  if (!file.subarray(offset, offset + 4).equals(FRAME_MAGIC)) return undefined;
  const size = file.readUInt32BE(offset + 4);
  const end = offset + FRAME_HEADER_SIZE + size;
  if (size === 0 || size > FRAME_BYTES_MAX || end > file.length) return undefined;
  const frame = file.subarray(offset, end);
  const stored = frame.subarray(FRAME_HEAD_SIZE, FRAME_HEADER_SIZE);
  if (!checkOfFrame(salt, frame).equals(stored)) return undefined;
  return {
    index: Number(file.readBigUInt64BE(offset + 8)),
    body: frame.subarray(FRAME_HEADER_SIZE),
    end,
  };
}

function recordsOf(body: Buffer): { kind: number; body: Uint8Array }[] | undefined {
  const records: { kind: number; body: Uint8Array }[] = [];
  let offset = 0;
  while (offset < body.length) {
    if (body.length - offset < RECORD_HEADER_SIZE) return undefined;
    const kind = body.readUInt8(offset);
    const start = offset + RECORD_HEADER_SIZE;
    const end = start + body.readUInt32BE(offset + 1);
    if (end > body.length) return undefined;
    records.push({ kind, body: new Uint8Array(body.buffer, body.byteOffset + start, end - start) });
    offset = end;
  }
  return records;
}

function holdsFrame(file: Buffer, from: number, salt: Uint8Array): boolean {
  let offset = file.indexOf(FRAME_MAGIC, from);
  while (offset >= 0) {
    if (frameAt(file, offset, salt) !== undefined) return true;
    offset = file.indexOf(FRAME_MAGIC, offset + 1);
  }
  return false;
}

function checkOfFrame(salt: Uint8Array, frame: Buffer): Buffer {
  const hash = createHash("sha256").update(salt).update(frame.subarray(0, FRAME_HEAD_SIZE));
  return hash.update(frame.subarray(FRAME_HEADER_SIZE)).digest().subarray(0, CHECK_SIZE);
}

function check(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest().subarray(0, CHECK_SIZE);
}
