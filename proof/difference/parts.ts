import { concatBytes, readUint64 } from "../../base/bytes.ts";
import { Gunzip } from "../digest/archive/gunzip.ts";
import { Malformed } from "../digest/archive/malformed.ts";
import { TarReader } from "../digest/archive/tar-reader.ts";
import { elfSections } from "./elf-sections.ts";
import { unzstd } from "./unzstd.ts";

/** A named piece of an artifact: a member of an archive, a section of an object file. */
export interface Part {
  readonly name: string;
  readonly bytes: Uint8Array;
  /**
   * Offsets and indexes that move when something else becomes longer, and debugging information:
   * a difference in it may be the consequence of another one.
   */
  readonly follows: boolean;
}

/** What an artifact unpacks to at most. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024;
const PART_COUNT_MAX = 20_000;

/**
 * Takes an artifact of a kind apart as far as this version can look into it.
 * @returns undefined when it is packed in a way that cannot be opened
 */
export function partsOf(kind: string, body: Uint8Array): readonly Part[] | undefined {
  try {
    const files = filesOf(kind, body);
    return files.flatMap(({ name, bytes }) => inside(name, bytes)).slice(0, PART_COUNT_MAX);
  } catch (error) {
    if (error instanceof Malformed || error instanceof RangeError) return undefined;
    throw error;
  }
}

interface File {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function filesOf(kind: string, body: Uint8Array): readonly File[] {
  if (kind === "ccache-result/1") return ccacheFiles(body);
  if (kind === "nx-artifact/1" || kind === "gradle-artifact/1") return tarFiles(gunzipped(body));
  if (kind === "turbo-artifact/1") return turboFiles(body);
  return [{ name: "", bytes: body }];
}

function inside(name: string, bytes: Uint8Array): readonly Part[] {
  const sections = elfSections(bytes);
  if (sections === undefined) return [{ name, bytes, follows: false }];
  return sections.map((section) => ({ ...section, name: `${name} ${section.name}`.trim() }));
}

const CCACHE_TEXTS_OFFSET = 15;
const CCACHE_TAIL_SIZE = 16;
/** As ccache numbers them. */
const CCACHE_FILES = [
  ...["object", "dependencies", "stderr", "coverage notes", "stack usage", "diagnostics"],
  ...["dwo", "coverage data", "stdout", "assembler listing", "included object"],
];

/** ccache 4.x: one byte of format, one of count, then marker, type, size and content of each. */
function ccacheFiles(body: Uint8Array): File[] {
  let at = CCACHE_TEXTS_OFFSET;
  at += 1 + (body[at] ?? 0);
  at += 1 + (body[at] ?? 0) + 8;
  const packed = body.subarray(at, body.length - CCACHE_TAIL_SIZE);
  const payload = body[4] === 1 ? unzstd(packed, UNPACKED_BYTES_MAX) : packed;
  const files: File[] = [];
  const count = payload[1] ?? 0;
  at = 2;
  for (let index = 0; index < count; index++) {
    const size = Number(readUint64(payload, at + 2));
    const isEmbedded = payload[at] === 0;
    const name = CCACHE_FILES[payload[at + 1] ?? -1] ?? `file ${index}`;
    at += 10;
    const end = isEmbedded ? at + size : at;
    if (end > payload.length) throw new Malformed("a file is cut off");
    files.push({ name, bytes: payload.subarray(at, end) });
    at = end;
  }
  return files;
}

const TURBO_ENVELOPE_SIZE = 128;

function turboFiles(body: Uint8Array): File[] {
  return tarFiles(unzstd(body.subarray(TURBO_ENVELOPE_SIZE), UNPACKED_BYTES_MAX));
}

function gunzipped(body: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const gunzip = new Gunzip((piece) => {
    size += piece.length;
    if (size > UNPACKED_BYTES_MAX) throw new Malformed("it is too large to be looked into");
    pieces.push(piece.slice());
  });
  gunzip.push(body);
  gunzip.finish();
  return concatBytes(...pieces);
}

/** Modes and links are told as a part of their own, so that a change of theirs is seen, too. */
function tarFiles(archive: Uint8Array): File[] {
  const files: { name: string; pieces: Uint8Array[] }[] = [];
  const reader = new TarReader({
    entry: ({ path, type, mode, target }) => {
      const told = new TextEncoder().encode(`${type} ${mode.toString(8)} ${target}`);
      files.push({ name: `${path} (entry)`, pieces: [told] });
      if (type === "file") files.push({ name: path, pieces: [] });
    },
    content: (piece) => void files.at(-1)?.pieces.push(piece.slice()),
  });
  reader.push(archive);
  reader.finish();
  return files.map(({ name, pieces }) => ({ name, bytes: concatBytes(...pieces) }));
}
