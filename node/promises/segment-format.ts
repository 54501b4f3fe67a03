import { invariant } from "../../base/assert.ts";
import { concatBytes, equalBytes, readUint64, uint64Bytes, utf8 } from "../../base/bytes.ts";

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
const SEGMENT_MAGIC = utf8("QPROMIS1");
const FRAME_MAGIC = utf8("QPF1");
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

/** SHA-256 of these parts, one after the other; a simulator has a quicker one. */
export type HashOfParts = (...parts: readonly Uint8Array[]) => Uint8Array;

export function encodeSegmentHeader(
  number: number,
  { random, sha256 }: { random: (size: number) => Uint8Array; sha256: HashOfParts },
): { header: Uint8Array; salt: Uint8Array } {
  const salt = random(SALT_SIZE);
  const head = concatBytes(SEGMENT_MAGIC, uint64Bytes(number), salt);
  return { header: concatBytes(head, checkOf(sha256(head))), salt };
}

export function encodeFrame(
  { salt, frameIndex }: { readonly salt: Uint8Array; readonly frameIndex: number },
  records: readonly StoredRecord[],
  sha256: HashOfParts,
): Uint8Array {
  let size = 0;
  for (const record of records) size += RECORD_HEADER_SIZE + sizeOf(record);
  invariant(size > 0 && size <= FRAME_BYTES_MAX, "frame within its bound", { size });
  const frame = new Uint8Array(FRAME_HEADER_SIZE + size);
  const view = new DataView(frame.buffer);
  frame.set(FRAME_MAGIC);
  view.setUint32(4, size);
  frame.set(uint64Bytes(frameIndex), 8);
  let offset = FRAME_HEADER_SIZE;
  for (const record of records) {
    view.setUint8(offset, record.kind);
    view.setUint32(offset + 1, sizeOf(record));
    offset += RECORD_HEADER_SIZE;
    for (const part of record.parts) {
      frame.set(part, offset);
      offset += part.length;
    }
  }
  frame.set(checkOfFrame(sha256, salt, frame), FRAME_HEAD_SIZE);
  return frame;
}

function sizeOf(record: StoredRecord): number {
  let size = 0;
  for (const part of record.parts) size += part.length;
  return size;
}

/** Undefined: the header is not whole. */
export function scanSegment(file: Uint8Array, sha256: HashOfParts): ScannedSegment | undefined {
  if (file.length < SEGMENT_HEADER_SIZE) return undefined;
  if (!equalBytes(file.subarray(0, 8), SEGMENT_MAGIC)) return undefined;
  const check = checkOf(sha256(file.subarray(0, 32)));
  if (!equalBytes(check, file.subarray(32, SEGMENT_HEADER_SIZE))) return undefined;
  const number = Number(readUint64(file, 8));
  const salt = Uint8Array.from(file.subarray(16, 32));
  const frames: { kind: number; body: Uint8Array }[][] = [];
  let offset = SEGMENT_HEADER_SIZE;
  while (offset < file.length) {
    const frame = frameAt({ file, salt, sha256 }, offset);
    const records = frame?.index === frames.length ? recordsOf(frame.body) : undefined;
    if (frame === undefined || records === undefined) break;
    frames.push(records);
    offset = frame.end;
  }
  const isWhole = offset === file.length;
  const isBroken = !isWhole && holdsFrame({ file, salt, sha256 }, offset + 1);
  const verdict = isWhole ? "whole" : isBroken ? "broken" : "torn";
  return { number, salt, frames, end: offset, verdict };
}

interface Frame {
  readonly index: number;
  readonly body: Uint8Array;
  readonly end: number;
}

interface Salted {
  readonly file: Uint8Array;
  readonly salt: Uint8Array;
  readonly sha256: HashOfParts;
}

function frameAt({ file, salt, sha256 }: Salted, offset: number): Frame | undefined {
  if (file.length - offset < FRAME_HEADER_SIZE) return undefined;
  if (!isFrameMagic(file, offset)) return undefined;
  const size = readUint32(file, offset + 4);
  const end = offset + FRAME_HEADER_SIZE + size;
  if (size === 0 || size > FRAME_BYTES_MAX || end > file.length) return undefined;
  const frame = file.subarray(offset, end);
  const stored = frame.subarray(FRAME_HEAD_SIZE, FRAME_HEADER_SIZE);
  if (!equalBytes(checkOfFrame(sha256, salt, frame), stored)) return undefined;
  return {
    index: Number(readUint64(file, offset + 8)),
    body: frame.subarray(FRAME_HEADER_SIZE),
    end,
  };
}

function recordsOf(body: Uint8Array): { kind: number; body: Uint8Array }[] | undefined {
  const records: { kind: number; body: Uint8Array }[] = [];
  let offset = 0;
  while (offset < body.length) {
    if (body.length - offset < RECORD_HEADER_SIZE) return undefined;
    const kind = body[offset] as number;
    const start = offset + RECORD_HEADER_SIZE;
    const end = start + readUint32(body, offset + 1);
    if (end > body.length) return undefined;
    records.push({ kind, body: new Uint8Array(body.buffer, body.byteOffset + start, end - start) });
    offset = end;
  }
  return records;
}

function holdsFrame(salted: Salted, from: number): boolean {
  for (let offset = from; offset < salted.file.length; offset++) {
    if (isFrameMagic(salted.file, offset) && frameAt(salted, offset) !== undefined) return true;
  }
  return false;
}

function isFrameMagic(file: Uint8Array, offset: number): boolean {
  for (let index = 0; index < FRAME_MAGIC.length; index++) {
    if (file[offset + index] !== FRAME_MAGIC[index]) return false;
  }
  return true;
}

function readUint32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(offset);
}

function checkOfFrame(sha256: HashOfParts, salt: Uint8Array, frame: Uint8Array): Uint8Array {
  const [head, body] = [frame.subarray(0, FRAME_HEAD_SIZE), frame.subarray(FRAME_HEADER_SIZE)];
  return checkOf(sha256(salt, head, body));
}

function checkOf(digest: Uint8Array): Uint8Array {
  return digest.subarray(0, CHECK_SIZE);
}
