import { hash as digestOf } from "node:crypto";
import { readUint64, uint64Bytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";

/**
 * Rows of the disk index. LMDB has no checksums, so every row begins with 16 bytes of SHA-256 over
 * its key and body; a row that does not fit is as good as none.
 *
 * space 1: entry, by location        space 3: order of use, by tick → the row's key
 * space 2: value, by digest          space 4: figures of a row's use, by its key
 * space 5: the store's own figures, and the limits that it was kept within
 * space 6: chunk, by digest: how many values name it, and its sizes
 */
export const SPACE_ENTRY = 1;
export const SPACE_VALUE = 2;
export const SPACE_ORDER = 3;
export const SPACE_USE = 4;
export const SPACE_META = 5;
export const SPACE_CHUNK = 6;

const SEAL_SIZE = 16;

export function rowKey(space: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Uint8Array.of(space), ...parts]);
}

export function orderKey(tick: number): Buffer {
  return rowKey(SPACE_ORDER, uint64Bytes(tick));
}

export function useKey(key: Uint8Array): Buffer {
  return rowKey(SPACE_USE, key);
}

export const META_KEY: Buffer = rowKey(SPACE_META);
/** [bytes, age in milliseconds], as the last owner had them. */
export const LIMITS_KEY: Buffer = rowKey(SPACE_META, Uint8Array.of(1));

/** What the same would be if nothing were packed or shared; absent in older stores. */
export const PLAIN_KEY: Buffer = rowKey(SPACE_META, Uint8Array.of(2));

export function chunkKey(digest: Uint8Array): Buffer {
  return rowKey(SPACE_CHUNK, digest);
}

export function seal(key: Uint8Array, body: Uint8Array): Buffer {
  return Buffer.concat([sealOf(key, body), body]);
}

/** Undefined: this is not the row that was written under the key. */
export function unseal(key: Uint8Array, row: Uint8Array): Buffer | undefined {
  if (row.length < SEAL_SIZE) return undefined;
  const whole = Buffer.from(row.buffer, row.byteOffset, row.length);
  const body = whole.subarray(SEAL_SIZE);
  return sealOf(key, body).equals(whole.subarray(0, SEAL_SIZE)) ? body : undefined;
}

function sealOf(key: Uint8Array, body: Uint8Array): Buffer {
  return digestOf("sha256", Buffer.concat([key, body]), "buffer").subarray(0, SEAL_SIZE);
}

export interface EntryBody {
  readonly valueDigest: Hash;
  readonly size: number;
  readonly record: Uint8Array;
}

export function encodeEntryBody(body: EntryBody): Buffer {
  return Buffer.concat([body.valueDigest, uint64Bytes(body.size), body.record]);
}

export function decodeEntryBody(body: Buffer): EntryBody | undefined {
  if (body.length < 40) return undefined;
  return {
    valueDigest: new Uint8Array(body.subarray(0, 32)) as Hash,
    size: Number(readUint64(body, 32)),
    record: new Uint8Array(body.subarray(40)),
  };
}

/** A part of a value, under its own digest: equal parts of values are one chunk. */
export interface ChunkRef {
  readonly digest: Hash;
  /** Of the plain bytes. */
  readonly size: number;
  /** Of its file. */
  readonly storedSize: number;
}

/** In which form a value is stored: the first byte of its row. The first two are the oldest. */
export const FORM_ROW = 0;
export const FORM_FILE = 1;
export const FORM_PACKED_ROW = 2;
export const FORM_CHUNKS = 3;

export type ValueBody =
  /** The bytes, in the row itself. */
  | { readonly form: typeof FORM_ROW; readonly size: number; readonly bytes: Uint8Array }
  /** A file of this size, as it came. */
  | { readonly form: typeof FORM_FILE; readonly size: number }
  /** Packed (base/host/packed-bytes.ts), in the row itself. */
  | { readonly form: typeof FORM_PACKED_ROW; readonly size: number; readonly bytes: Uint8Array }
  /** These chunks, one after the other. */
  | {
      readonly form: typeof FORM_CHUNKS;
      readonly size: number;
      readonly chunks: readonly ChunkRef[];
    };

/** Form and plain size. */
const VALUE_HEAD_SIZE = 9;
const CHUNK_REF_SIZE = 40;

export function encodeValueBody(body: ValueBody): Buffer {
  const head = [Uint8Array.of(body.form), uint64Bytes(body.size)];
  if (body.form === FORM_FILE) return Buffer.concat(head);
  if (body.form !== FORM_CHUNKS) return Buffer.concat([...head, body.bytes]);
  const refs = body.chunks.map(({ digest, size, storedSize }) => {
    const ref = Buffer.alloc(CHUNK_REF_SIZE);
    ref.set(digest);
    ref.writeUInt32BE(size, 32);
    ref.writeUInt32BE(storedSize, 36);
    return ref;
  });
  return Buffer.concat([...head, ...refs]);
}

/** Undefined: no form that this version knows. */
export function decodeValueBody(body: Buffer): ValueBody | undefined {
  if (body.length < VALUE_HEAD_SIZE) return undefined;
  const size = Number(readUint64(body, 1));
  const rest = body.subarray(VALUE_HEAD_SIZE);
  const form = body[0];
  if (form === FORM_FILE) return { form, size };
  if (form === FORM_ROW || form === FORM_PACKED_ROW) {
    return { form, size, bytes: new Uint8Array(rest) };
  }
  if (form !== FORM_CHUNKS || rest.length % CHUNK_REF_SIZE !== 0) return undefined;
  const chunks: ChunkRef[] = [];
  for (let at = 0; at < rest.length; at += CHUNK_REF_SIZE) {
    const digest = new Uint8Array(rest.subarray(at, at + 32)) as Hash;
    const [chunkSize, storedSize] = [rest.readUInt32BE(at + 32), rest.readUInt32BE(at + 36)];
    chunks.push({ digest, size: chunkSize, storedSize });
  }
  return { form, size, chunks };
}

/** Whether a sealed row of a value names chunks, by one byte of it. */
export function mayNameChunks(row: Uint8Array): boolean {
  return row[SEAL_SIZE] === FORM_CHUNKS;
}

/** How often a chunk is named, by all values together, and how large it is. */
export interface ChunkRow {
  readonly count: number;
  readonly size: number;
  readonly storedSize: number;
}

export function encodeChunkRow({ count, size, storedSize }: ChunkRow): Buffer {
  return encodeFigures([count, size, storedSize]);
}

export function decodeChunkRow(body: Buffer): ChunkRow | undefined {
  const figures = decodeFigures(body, 3);
  return figures && { count: figures[0]!, size: figures[1]!, storedSize: figures[2]! };
}

/**
 * What a row stands for on the disk, and what it would if nothing were packed or shared: a value's
 * file is counted in, its chunks are not.
 */
export function sizesOfRow(
  key: Uint8Array,
  body: Buffer | undefined,
): { readonly stored: number; readonly plain: number } {
  const length = body?.length ?? 0;
  if (key[0] !== SPACE_VALUE || body === undefined || length < VALUE_HEAD_SIZE) {
    return { stored: length, plain: length };
  }
  const plain = Number(readUint64(body, 1));
  const isPlain = body[0] === FORM_ROW || body[0] === FORM_FILE;
  return { stored: isPlain ? plain : length - VALUE_HEAD_SIZE, plain };
}

export interface StoreFigures {
  readonly tick: number;
  readonly bytes: number;
  readonly entries: number;
  readonly values: number;
}

/** All zero of a store that has none, or none that hold. */
export function storeFigures(body: Buffer | undefined): StoreFigures {
  const [tick = 0, bytes = 0, entries = 0, values = 0] = (body && decodeFigures(body, 4)) ?? [];
  return { tick, bytes, entries, values };
}

/** [plainBytes, chunks, sharedBytes]; undefined: nothing is packed or shared yet. */
export function storePlain(body: Buffer | undefined): readonly number[] | undefined {
  return body && decodeFigures(body, 3);
}

/** [bytes, age in milliseconds]; undefined: none were kept. */
export function storeLimits(body: Buffer | undefined): readonly number[] | undefined {
  return body && decodeFigures(body, 2);
}

export interface Use {
  readonly tick: number;
  readonly charge: number;
  /** The same if nothing were packed or shared. */
  readonly plainCharge: number;
  /** Milliseconds since 1970; undefined: written before uses had a time. */
  readonly usedMs: number | undefined;
}

export interface TimedUse extends Use {
  readonly usedMs: number;
}

export function decodeUse(body: Buffer): Use | undefined {
  const figures = decodeFigures(body, 4) ?? decodeFigures(body, 3) ?? decodeFigures(body, 2);
  if (figures === undefined) return undefined;
  const [tick = 0, charge = 0, usedMs, plainCharge = charge] = figures;
  return { tick, charge, plainCharge, usedMs };
}

/** Whole numbers under one seal: [tick, charge, time, plain charge] of a use; the store's own. */
export function encodeFigures(figures: readonly number[]): Buffer {
  return Buffer.concat(figures.map((figure) => uint64Bytes(figure)));
}

/** Undefined unless there are exactly `count` of them. */
export function decodeFigures(body: Buffer, count: number): readonly number[] | undefined {
  if (body.length !== 8 * count) return undefined;
  return Array.from({ length: count }, (_, index) => Number(readUint64(body, 8 * index)));
}
