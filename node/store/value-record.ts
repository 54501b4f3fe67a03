import { hash as hashOf } from "node:crypto";
import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";

/**
 * One small value in a log segment:
 *
 *   "QVL1" ‖ length u32 ‖ SHA-256(value) ‖ SHA-256(those 40)[0..8] ‖ value
 *
 * The header has a check of its own, so that a scan can trust a length, and find the next record
 * behind a damaged one.
 */
const MAGIC = Buffer.from("QVL1");
const HEAD_SIZE = 8 + HASH_SIZE;
const CHECK_SIZE = 8;
export const VALUE_HEADER_SIZE = HEAD_SIZE + CHECK_SIZE;

/** In its place, so that many records are built in one buffer and written at once. */
export function writeValueHeader(into: Buffer, at: number, digest: Hash, length: number): void {
  const headEnd = at + HEAD_SIZE;
  MAGIC.copy(into, at);
  into.writeUInt32BE(length, at + 4);
  into.set(digest, at + 8);
  into.write(checkOf(into.subarray(at, headEnd)), headEnd, "latin1");
}

export interface ValueHeader {
  readonly digest: Hash;
  readonly length: number;
}

export function decodeValueHeader(bytes: Buffer): ValueHeader | undefined {
  if (bytes.length < VALUE_HEADER_SIZE || !bytes.subarray(0, 4).equals(MAGIC)) return undefined;
  const check = bytes.toString("latin1", HEAD_SIZE, VALUE_HEADER_SIZE);
  if (checkOf(bytes.subarray(0, HEAD_SIZE)) !== check) return undefined;
  return {
    length: bytes.readUInt32BE(4),
    digest: new Uint8Array(bytes.subarray(8, HEAD_SIZE)) as Hash,
  };
}

/** Where the next whole header begins, from `from` on; −1: nowhere. */
export function findValueHeader(bytes: Buffer, from: number): number {
  let offset = bytes.indexOf(MAGIC, from);
  while (offset >= 0 && decodeValueHeader(bytes.subarray(offset)) === undefined) {
    offset = bytes.indexOf(MAGIC, offset + 1);
  }
  return offset;
}

/** As text of one unit a byte: a third of what a Buffer of it costs. */
function checkOf(head: Uint8Array): string {
  return hashOf("sha256", head, "binary").slice(0, CHECK_SIZE);
}

/** Where a small value lies: segment, offset of its header, length of the value. */
export interface ValueLocation {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

export const LOCATION_SIZE = 12;

export function encodeLocation({ segment, offset, length }: ValueLocation): Uint8Array {
  const bytes = Buffer.alloc(LOCATION_SIZE);
  bytes.writeUInt32BE(segment, 0);
  bytes.writeUInt32BE(offset, 4);
  bytes.writeUInt32BE(length, 8);
  return bytes;
}

export function decodeLocation(bytes: Uint8Array): ValueLocation | undefined {
  if (bytes.length !== LOCATION_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { segment: view.getUint32(0), offset: view.getUint32(4), length: view.getUint32(8) };
}
