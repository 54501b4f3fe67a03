import { concatBytes, fromUtf8 } from "../../../base/bytes.ts";
import { Malformed } from "./malformed.ts";
import { BLOCK_SIZE, paddedSize, readHeader, typeOfFlag } from "./tar-header.ts";
import type { RawHeader, TarEntry } from "./tar-header.ts";

/** A path is held in memory until the archive's end; no system's is longer. */
const PATH_BYTES_MAX = 4096;
/** Attributes of one entry: more than two paths is nobody's. */
const ATTRIBUTE_BYTES_MAX = 16 * 1024;
/** Entries of one archive: node_modules of a large project, twice. */
const ENTRY_COUNT_MAX = 256 * 1024;

const PAX_ENTRY = 0x78;
const PAX_GLOBAL = 0x67;
const GNU_PATH = 0x4c;
const GNU_TARGET = 0x4b;

export interface TarVisitor {
  entry(entry: TarEntry): void;
  /** Content of the last entry; valid during the call only. */
  content(piece: Uint8Array): void;
}

/**
 * Reads a tar archive in pieces: ustar, GNU's long names, POSIX attributes. Strict about where
 * entries may lie: below the folder they are unpacked into, each path once and never through a link.
 */
export class TarReader {
  readonly #visitor: TarVisitor;
  readonly #block = new Uint8Array(BLOCK_SIZE);
  #filled = 0;
  #contentLeft = 0;
  #paddingLeft = 0;
  /** The body of an attribute entry while it is gathered, and what it is. */
  #gathered: { readonly flag: number; parts: Uint8Array[] } | undefined;
  #path: string | undefined;
  #target: string | undefined;
  #size: number | undefined;
  #zeroBlocks = 0;
  readonly #types = new Map<string, TarEntry["type"]>();
  /** Folders that some path leads through. */
  readonly #through = new Set<string>();

  constructor(visitor: TarVisitor) {
    this.#visitor = visitor;
  }

  /** @throws Malformed */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#contentLeft > 0) at += this.#content(chunk.subarray(at));
      else if (this.#paddingLeft > 0) at += this.#padding(chunk.subarray(at));
      else at += this.#header(chunk.subarray(at));
    }
  }

  /** Once, at the end. @throws Malformed */
  finish(): void {
    const isWhole = this.#contentLeft + this.#paddingLeft + this.#filled === 0;
    if (!isWhole || this.#zeroBlocks < 2) throw new Malformed("the archive is cut off");
  }

  #content(chunk: Uint8Array): number {
    const piece = chunk.subarray(0, this.#contentLeft);
    this.#contentLeft -= piece.length;
    if (this.#gathered === undefined) this.#visitor.content(piece);
    else this.#gathered.parts.push(piece.slice());
    if (this.#contentLeft === 0 && this.#gathered !== undefined) this.#endGathered();
    return piece.length;
  }

  #padding(chunk: Uint8Array): number {
    const piece = chunk.subarray(0, this.#paddingLeft);
    if (piece.some((byte) => byte !== 0)) throw new Malformed("padding is not empty");
    this.#paddingLeft -= piece.length;
    return piece.length;
  }

  #header(chunk: Uint8Array): number {
    const piece = chunk.subarray(0, BLOCK_SIZE - this.#filled);
    this.#block.set(piece, this.#filled);
    this.#filled += piece.length;
    if (this.#filled < BLOCK_SIZE) return piece.length;
    this.#filled = 0;
    if (this.#block.every((byte) => byte === 0)) this.#zeroBlocks++;
    else if (this.#zeroBlocks > 0) throw new Malformed("something follows the end");
    else this.#begin(readHeader(this.#block));
    return piece.length;
  }

  #begin(header: RawHeader): void {
    const { flag } = header;
    this.#contentLeft = header.size;
    this.#paddingLeft = paddedSize(header.size) - header.size;
    if (flag === GNU_PATH || flag === GNU_TARGET || flag === PAX_ENTRY || flag === PAX_GLOBAL) {
      if (header.size > ATTRIBUTE_BYTES_MAX) throw new Malformed("attributes are too long");
      this.#gathered = { flag, parts: [] };
      return;
    }
    const type = typeOfFlag(flag);
    if (type === undefined) throw new Malformed("an entry is no file, folder or link");
    const size = this.#size ?? header.size;
    if (type !== "file" && size > 0) throw new Malformed("only files have content");
    this.#contentLeft = size;
    this.#paddingLeft = paddedSize(size) - size;
    const path = plainPath(this.#path ?? header.path, type);
    const isLink = type === "symlink" || type === "hard-link";
    const target = isLink ? (this.#target ?? header.target) : "";
    this.#path = this.#target = this.#size = undefined;
    this.#place(path, type);
    this.#visitor.entry({ path, type, mode: header.mode, target, size });
  }

  /** Each path once, and through folders only: then their order says nothing. */
  #place(path: string, type: TarEntry["type"]): void {
    if (this.#types.size >= ENTRY_COUNT_MAX) throw new Malformed("too many entries");
    if (this.#types.has(path)) throw new Malformed("two entries have one path");
    if (type !== "folder" && this.#through.has(path))
      throw new Malformed("a path leads through it");
    this.#types.set(path, type);
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      const above = path.slice(0, end);
      const known = this.#types.get(above);
      if (known !== undefined && known !== "folder") throw new Malformed("a path leads through it");
      if (this.#through.has(above)) return;
      this.#through.add(above);
    }
  }

  #endGathered(): void {
    const { flag, parts } = this.#gathered!;
    this.#gathered = undefined;
    const bytes = concatBytes(...parts);
    if (flag === GNU_PATH) this.#path = untilZero(bytes);
    else if (flag === GNU_TARGET) this.#target = untilZero(bytes);
    else if (flag === PAX_ENTRY) this.#readPax(bytes);
  }

  #readPax(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const space = bytes.indexOf(0x20, at);
      const length = Number(text(bytes.subarray(at, space < 0 ? at : space)));
      const end = at + length;
      if (!Number.isSafeInteger(length) || length < 5 || end > bytes.length) {
        throw new Malformed("an attribute is damaged");
      }
      const line = text(bytes.subarray(space + 1, end - 1));
      const equals = line.indexOf("=");
      const [name, value] = [line.slice(0, equals), line.slice(equals + 1)];
      if (name === "path") this.#path = value;
      else if (name === "linkpath") this.#target = value;
      else if (name === "size") this.#size = Number(value);
      at = end;
    }
    if (this.#size !== undefined && !(Number.isSafeInteger(this.#size) && this.#size >= 0)) {
      throw new Malformed("an attribute is damaged");
    }
  }
}

/** Without a folder's last slash. @throws Malformed */
function plainPath(path: string, type: TarEntry["type"]): string {
  const plain = type === "folder" && path.endsWith("/") ? path.slice(0, -1) : path;
  const sound =
    plain.length <= PATH_BYTES_MAX &&
    !plain.includes("\0") &&
    plain.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  if (!sound) throw new Malformed("a path leads elsewhere");
  return plain;
}

function untilZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return text(end < 0 ? bytes : bytes.subarray(0, end));
}

function text(bytes: Uint8Array): string {
  const found = fromUtf8(bytes);
  if (found === undefined) throw new Malformed("a name is no UTF-8");
  return found;
}
