import { fromUtf8, utf8 } from "../../../base/bytes.ts";
import { Malformed } from "./malformed.ts";

export const BLOCK_SIZE = 512;

/** What an entry of an archive is. Devices and the like are no build's output. */
export type TarType = "file" | "hard-link" | "symlink" | "folder";

/** One entry as honest builders agree on it: nothing of who, where and when. */
export interface TarEntry {
  readonly path: string;
  readonly type: TarType;
  /** Twelve permission bits. */
  readonly mode: number;
  /** Of a link; else empty. */
  readonly target: string;
  /** Bytes; 0 unless a file. */
  readonly size: number;
}

/**
 * 1980-01-02, in seconds: before it a zip file cannot date what is in it, and builders that pack
 * what they were handed would fail.
 */
const FIXED_TIME_SECONDS = 315_619_200;
const TYPE_OF_FLAG: ReadonlyMap<number, TarType> = new Map([
  [0, "file"],
  [0x30, "file"],
  [0x31, "hard-link"],
  [0x32, "symlink"],
  [0x35, "folder"],
]);
const FLAG_OF_TYPE: Readonly<Record<TarType, number>> = {
  file: 0x30,
  "hard-link": 0x31,
  symlink: 0x32,
  folder: 0x35,
};
const LONG_PATH = 0x4c;
const LONG_TARGET = 0x4b;
const LONG_NAME = "././@LongLink";

/** What a header block says; flags that are no entry's type are the format's own (long names). */
export interface RawHeader {
  readonly path: string;
  readonly flag: number;
  readonly mode: number;
  readonly target: string;
  readonly size: number;
}

/** @throws Malformed */
export function readHeader(block: Uint8Array): RawHeader {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK_SIZE; at++) if (at < 148 || at >= 156) sum += block[at]!;
  if (readNumber(block, 148, 8) !== sum) throw new Malformed("a header's checksum does not hold");
  const isPosix = readText(block, 257, 6) === "ustar" && block[263] === 0x30;
  const prefix = isPosix ? readText(block, 345, 155) : "";
  const name = readText(block, 0, 100);
  return {
    path: prefix === "" ? name : `${prefix}/${name}`,
    flag: block[156]!,
    mode: readNumber(block, 100, 8) & 0o7777,
    target: readText(block, 157, 100),
    size: readNumber(block, 124, 12),
  };
}

export function typeOfFlag(flag: number): TarType | undefined {
  return TYPE_OF_FLAG.get(flag);
}

/** The one way in which an entry begins in an archive of ours: GNU's, which every reader knows. */
export function writeHeader(entry: TarEntry): Uint8Array {
  const path = utf8(entry.path);
  const target = utf8(entry.target);
  const parts = [
    ...(path.length > 100 ? longBlocks(LONG_PATH, path) : []),
    ...(target.length > 100 ? longBlocks(LONG_TARGET, target) : []),
    headerBlock(path, entry.mode, FLAG_OF_TYPE[entry.type], target, entry.size),
  ];
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function longBlocks(flag: number, text: Uint8Array): Uint8Array[] {
  const body = new Uint8Array(paddedSize(text.length + 1));
  body.set(text);
  return [headerBlock(utf8(LONG_NAME), 0, flag, new Uint8Array(0), text.length + 1), body];
}

function headerBlock(
  path: Uint8Array,
  mode: number,
  flag: number,
  target: Uint8Array,
  size: number,
): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE);
  block.set(path.subarray(0, 100));
  writeNumber(block, 100, 8, mode);
  writeNumber(block, 108, 8, 0);
  writeNumber(block, 116, 8, 0);
  writeNumber(block, 124, 12, size);
  writeNumber(block, 136, 12, FIXED_TIME_SECONDS);
  block[156] = flag;
  block.set(target.subarray(0, 100), 157);
  block.set(utf8("ustar  "), 257);
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.set(utf8(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return block;
}

export function paddedSize(size: number): number {
  return Math.ceil(size / BLOCK_SIZE) * BLOCK_SIZE;
}

function writeNumber(block: Uint8Array, at: number, width: number, value: number): void {
  block.set(utf8(value.toString(8).padStart(width - 1, "0")), at);
}

/** Octal digits between spaces and zeros. */
function readNumber(block: Uint8Array, at: number, width: number): number {
  const text = readText(block, at, width).trim();
  if (!/^[0-7]{0,12}$/.test(text)) throw new Malformed("a header's number is none");
  return text === "" ? 0 : Number.parseInt(text, 8);
}

function readText(block: Uint8Array, at: number, width: number): string {
  const field = block.subarray(at, at + width);
  const end = field.indexOf(0);
  const text = fromUtf8(end < 0 ? field : field.subarray(0, end));
  if (text === undefined) throw new Malformed("a name is no UTF-8");
  return text;
}
