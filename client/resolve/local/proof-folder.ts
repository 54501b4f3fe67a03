import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../../base/bytes.ts";
import { writeFileAtomically } from "../../../base/host/atomic-file.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { Hash } from "../../../base/types.ts";
import { keyOfObligation } from "../../../proof/frame/obligation.ts";
import type { Theory } from "../../../proof/frame/theory.ts";
import { LOCAL_BYTES_MAX, LOCAL_SWEEP_MS, RECORD_BYTES_MAX } from "../limits.ts";
import { decodeRecord, encodeRecord, isRecordPermitted } from "../proof-record.ts";
import type { ProofRecord } from "../proof-record.ts";
import type { RecordSource, SourcedRecord } from "../tiers/record-source.ts";

const DIGEST_LETTERS = 16;
const SWEPT = "swept";
/** After a sweep so much of the bound is in use. */
const SWEPT_SHARE = 0.9;

/**
 * L2 of proofs: a file for each, which any number of processes read and write at once. A file is
 * there whole or not at all, and nothing in it is believed: whoever reads it asks the kernel.
 */
export class ProofFolder implements RecordSource {
  readonly #folder: string;
  readonly #bytesMax: number;

  constructor(folder: string, bytesMax: number = LOCAL_BYTES_MAX) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
  }

  async *records(key: Hash): AsyncGenerator<SourcedRecord> {
    for (const path of this.#pathsOf(key)) {
      const record = this.#read(path);
      if (record === undefined) continue;
      const drop = (): void => rmSync(path, { force: true });
      yield await Promise.resolve({ record, from: "this machine", drop });
    }
  }

  /**
   * Whole bytes of the first record of a key, for those who hand it on; under a theory of the first
   * that rests on nothing else.
   */
  first(key: Hash, theory?: Theory): Uint8Array | undefined {
    for (const path of this.#pathsOf(key)) {
      const bytes = readBounded(path);
      if (bytes === undefined) continue;
      if (theory === undefined) return bytes;
      const record = decodeRecord(bytes);
      if (record !== undefined && isRecordPermitted(record, theory)) return bytes;
    }
    return undefined;
  }

  /** @throws what the file system says */
  put(record: ProofRecord): void {
    const name = toHex(keyOfObligation(nodeCrypto.hash, record.obligation));
    const shelf = join(this.#folder, name.slice(0, 2));
    mkdirSync(shelf, { recursive: true });
    const digest = toHex(nodeCrypto.hash(record.proof)).slice(0, DIGEST_LETTERS);
    writeFileAtomically(join(shelf, `${name}.${digest}`), encodeRecord(record));
    this.#sweep();
  }

  /** Most recently used first, at most so many. */
  recent(count: number): readonly ProofRecord[] {
    return this.#files()
      .sort((one, other) => other.usedMs - one.usedMs)
      .slice(0, count)
      .flatMap(({ path }) => this.#read(path) ?? []);
  }

  #pathsOf(key: Hash): readonly string[] {
    const name = toHex(key);
    const shelf = join(this.#folder, name.slice(0, 2));
    return namesIn(shelf)
      .filter((file) => file.startsWith(`${name}.`) && !file.endsWith(".partial"))
      .map((file) => join(shelf, file));
  }

  #read(path: string): ProofRecord | undefined {
    const bytes = readBounded(path);
    const record = bytes && decodeRecord(bytes);
    if (record === undefined) rmSync(path, { force: true });
    else touch(path);
    return record;
  }

  /** Now and then: the least recently used go until there is room. */
  #sweep(): void {
    const stamp = join(this.#folder, SWEPT);
    const sweptMs = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - sweptMs < LOCAL_SWEEP_MS) return;
    writeFileAtomically(stamp, new Uint8Array(0));
    const files = this.#files().sort((one, other) => one.usedMs - other.usedMs);
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    if (bytes <= this.#bytesMax) return;
    for (const { path, size } of files) {
      if (bytes <= SWEPT_SHARE * this.#bytesMax) return;
      rmSync(path, { force: true });
      bytes -= size;
    }
  }

  #files(): { readonly path: string; readonly size: number; readonly usedMs: number }[] {
    return namesIn(this.#folder)
      .filter((shelf) => /^[0-9a-f]{2}$/.test(shelf))
      .flatMap((shelf) => namesIn(join(this.#folder, shelf)).map((file) => join(shelf, file)))
      .flatMap((file) => {
        const path = join(this.#folder, file);
        const state = statSync(path, { throwIfNoEntry: false });
        return state === undefined ? [] : [{ path, size: state.size, usedMs: state.mtimeMs }];
      });
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readBounded(path: string): Uint8Array | undefined {
  try {
    if (statSync(path).size > RECORD_BYTES_MAX) return undefined;
    return new Uint8Array(readFileSync(path));
  } catch {
    // Another process has dropped it meanwhile.
    return undefined;
  }
}

/** Its time of change is its time of use; a folder that may not be written keeps the old one. */
function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // Read-only, or gone.
  }
}
