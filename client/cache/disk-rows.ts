import { hash as digestOf } from "node:crypto";
import { readUint64, uint64Bytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";

/**
 * Rows of the disk index. LMDB has no checksums, so every row begins with 16 bytes of SHA-256 over
 * its key and body; a row that does not fit is as good as none.
 *
 * space 1: entry, by location        space 3: order of use, by tick → the row's key
 * space 2: value, by digest          space 4: tick, charge, time of a row's use, by its key
 * space 5: the store's own figures, and the limits that it was kept within
 */
export const SPACE_ENTRY = 1;
export const SPACE_VALUE = 2;
export const SPACE_ORDER = 3;
export const SPACE_USE = 4;
export const SPACE_META = 5;

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

/** `bytes` undefined: the value is a file of this size. */
export interface ValueBody {
  readonly size: number;
  readonly bytes: Uint8Array | undefined;
}

export function encodeValueBody(body: ValueBody): Buffer {
  const head = [Uint8Array.of(body.bytes === undefined ? 1 : 0), uint64Bytes(body.size)];
  return Buffer.concat(body.bytes === undefined ? head : [...head, body.bytes]);
}

export function decodeValueBody(body: Buffer): ValueBody | undefined {
  if (body.length < 9) return undefined;
  const size = Number(readUint64(body, 1));
  if (body[0] === 1) return { size, bytes: undefined };
  return { size, bytes: new Uint8Array(body.subarray(9)) };
}

/** What a row stands for on the disk, its file included. */
export function sizeOfRow(key: Uint8Array, body: Buffer | undefined): number {
  const value = key[0] === SPACE_VALUE ? body && decodeValueBody(body) : undefined;
  return value?.size ?? body?.length ?? 0;
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

/** [bytes, age in milliseconds]; undefined: none were kept. */
export function storeLimits(body: Buffer | undefined): readonly number[] | undefined {
  return body && decodeFigures(body, 2);
}

export interface Use {
  readonly tick: number;
  readonly charge: number;
  /** Milliseconds since 1970; undefined: written before uses had a time. */
  readonly usedMs: number | undefined;
}

export interface TimedUse extends Use {
  readonly usedMs: number;
}

export function decodeUse(body: Buffer): Use | undefined {
  const figures = decodeFigures(body, 3) ?? decodeFigures(body, 2);
  if (figures === undefined) return undefined;
  return { tick: figures[0]!, charge: figures[1]!, usedMs: figures[2] };
}

/** Whole numbers under one seal: [tick, charge, time] of a use; the store's own. */
export function encodeFigures(figures: readonly number[]): Buffer {
  return Buffer.concat(figures.map((figure) => uint64Bytes(figure)));
}

/** Undefined unless there are exactly `count` of them. */
export function decodeFigures(body: Buffer, count: number): readonly number[] | undefined {
  if (body.length !== 8 * count) return undefined;
  return Array.from({ length: count }, (_, index) => Number(readUint64(body, 8 * index)));
}
