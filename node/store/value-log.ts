import {
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { invariant } from "../../base/assert.ts";
import { equalBytes } from "../../base/bytes.ts";
import { syncFolder, writeFully } from "../../base/host/atomic-file.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import type { OnDamage } from "./damage.ts";
import {
  decodeValueHeader,
  writeValueHeader,
  findValueHeader,
  VALUE_HEADER_SIZE,
} from "./value-record.ts";
import type { ValueLocation } from "./value-record.ts";

const fdatasyncOf = promisify(fdatasync);

/** Larger values are files of their own. */
export const LOG_VALUE_BYTES_MAX = 256 * 1024;

/** A collection rewrites at most half of one of these at a time. */
const SEGMENT_BYTES_MAX = 256 * 1024 * 1024;

/** What a scan of a segment reads at a time; holds the largest record whole. */
const SCAN_BYTES = 4 * 1024 * 1024;

const NAME = /^segment-([0-9]{8})$/;

/**
 * Small values, appended to segments; where each one lies stands in LMDB, written behind, and is
 * found again by a scan from the last place that LMDB knows (R7).
 *
 * 1. What `append` resolved is on disk. Appends that wait share one fdatasync.
 * 2. Only the end of the last segment can be torn by a crash; it is cut at the next open.
 * 3. Bytes go out only after their digest was computed anew.
 */
export class ValueLog {
  readonly folder: string;
  readonly #onDamage: OnDamage;
  readonly #segmentBytesMax: number;
  readonly #descriptors = new Map<number, number>();
  #active: number;
  #end: number;
  #waiting: Waiting[] = [];
  #flight: Promise<void> | undefined;
  /** The segment that was written behind and not synced since. */
  #unsynced: number | undefined;

  constructor(
    folder: string,
    onDamage: OnDamage,
    options: { readonly segmentBytesMax?: number } = {},
  ) {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    this.#onDamage = onDamage;
    this.#segmentBytesMax = options.segmentBytesMax ?? SEGMENT_BYTES_MAX;
    const numbers = this.segments();
    this.#active = numbers.at(-1) ?? 1;
    this.#end = fstatSync(this.#descriptor(this.#active, "a+")).size;
    if (numbers.length === 0) syncFolder(folder);
  }

  /** Ascending numbers. */
  segments(): number[] {
    const numbers = readdirSync(this.folder).flatMap((name) => {
      const match = NAME.exec(name);
      return match === null ? [] : [Number(match[1])];
    });
    return numbers.sort((left, right) => left - right);
  }

  get activeSegment(): number {
    return this.#active;
  }

  /** Resolves when the value is on disk, with the place where it lies. */
  append(digest: Hash, bytes: Uint8Array): Promise<ValueLocation> {
    invariant(bytes.length <= LOG_VALUE_BYTES_MAX, "a small value", { length: bytes.length });
    return new Promise((resolve, reject) => {
      this.#waiting.push({ digest, bytes, resolve, reject });
      this.#flight ??= this.#run();
    });
  }

  /**
   * Written now and readable now, durable after {@link sync}: for values that the promise log can
   * bring back until then.
   *
   * @throws what the file system says; then none of them is there
   */
  appendBehind(
    values: readonly { readonly digest: Hash; readonly bytes: Uint8Array }[],
  ): readonly ValueLocation[] {
    const { segment, locations } = this.#writeNow(values);
    this.#unsynced = segment;
    return locations;
  }

  /** What was appended behind so far is on disk. Segments before the active one always are. */
  async sync(): Promise<void> {
    const segment = this.#unsynced;
    if (segment === undefined) return;
    this.#unsynced = undefined;
    if (segment !== this.#active) return;
    try {
      await fdatasyncOf(this.#descriptor(segment, "a+"));
    } catch (error) {
      this.#unsynced = segment;
      throw error;
    }
  }

  /** Undefined: what lies there is not this value. Synchronous: from the page cache a few µs. */
  read(digest: Hash, location: ValueLocation): Uint8Array | undefined {
    if (location.length > LOG_VALUE_BYTES_MAX) return undefined;
    const record = Buffer.allocUnsafe(VALUE_HEADER_SIZE + location.length);
    if (!this.#readFully(location.segment, location.offset, record)) return undefined;
    const header = decodeValueHeader(record);
    if (header === undefined || !equalBytes(header.digest, digest)) return undefined;
    if (header.length !== location.length) return undefined;
    const value = new Uint8Array(
      record.buffer,
      record.byteOffset + VALUE_HEADER_SIZE,
      location.length,
    );
    return equalBytes(nodeCrypto.hash(value), digest) ? value : undefined;
  }

  /**
   * All records of a segment from `from` on. Skips what is damaged, and says so; what cannot be a
   * record at the very end of the last segment is what a crash tore, and is cut off.
   */
  *scan(segment: number, from = 0): Iterable<readonly [digest: Hash, location: ValueLocation]> {
    const size = this.sizeOf(segment);
    let offset = from;
    while (offset < size) {
      const window = Buffer.allocUnsafe(Math.min(SCAN_BYTES, size - offset));
      if (!this.#readFully(segment, offset, window)) return;
      const used = yield* this.#records(segment, offset, window);
      if (used > 0) {
        offset += used;
        continue;
      }
      const next = this.#nextRecord(segment, offset + 1, size);
      if (next === undefined) {
        this.#cut(segment, offset);
        return;
      }
      this.#onDamage({ what: "segment", name: nameOf(segment), offset });
      offset = next;
    }
  }

  *#records(
    segment: number,
    base: number,
    window: Buffer,
  ): Generator<readonly [Hash, ValueLocation], number> {
    let used = 0;
    for (;;) {
      const header = decodeValueHeader(window.subarray(used));
      if (header === undefined || header.length > LOG_VALUE_BYTES_MAX) return used;
      if (used + VALUE_HEADER_SIZE + header.length > window.length) return used;
      const location = { segment, offset: base + used, length: header.length };
      yield [header.digest, location];
      used += VALUE_HEADER_SIZE + header.length;
    }
  }

  sizeOf(segment: number): number {
    const descriptor = this.#readable(segment);
    return descriptor === undefined ? 0 : fstatSync(descriptor).size;
  }

  /** A segment that nothing points to any more. Never the active one. */
  remove(segment: number): void {
    invariant(segment !== this.#active, "the active segment stays", { segment });
    this.#forget(segment);
    rmSync(join(this.folder, nameOf(segment)), { force: true });
  }

  /** New values go to a new segment, so that the one before can be collected. */
  rotate(): void {
    fsyncSync(this.#descriptor(this.#active, "a+"));
    const end = fstatSync(this.#descriptor(this.#active + 1, "a+")).size;
    syncFolder(this.folder);
    this.#active++;
    this.#end = end;
  }

  async close(): Promise<void> {
    while (this.#flight !== undefined) await this.#flight;
    for (const segment of [...this.#descriptors.keys()]) this.#forget(segment);
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      await this.#write(waiting);
    }
    this.#flight = undefined;
  }

  async #write(waiting: readonly Waiting[]): Promise<void> {
    let written: Written | undefined;
    try {
      written = this.#writeNow(waiting);
      await fdatasyncOf(this.#descriptor(written.segment, "a+"));
      const { locations } = written;
      waiting.forEach(({ resolve }, index) => resolve(locations[index] as ValueLocation));
    } catch (error) {
      if (written?.segment === this.#active && written.end === this.#end) {
        this.#takeBack(written.start);
      }
      for (const { reject } of waiting) reject(error);
    }
  }

  /** One write for all of them; takes back what a failure left. */
  #writeNow(values: readonly { readonly digest: Hash; readonly bytes: Uint8Array }[]): Written {
    if (this.#end >= this.#segmentBytesMax) this.rotate();
    const start = this.#end;
    const segment = this.#active;
    const locations: ValueLocation[] = [];
    const sizes = values.map(({ bytes }) => VALUE_HEADER_SIZE + bytes.length);
    const records = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0));
    let size = 0;
    for (const { digest, bytes } of values) {
      locations.push({ segment, offset: start + size, length: bytes.length });
      writeValueHeader(records, size, digest, bytes.length);
      records.set(bytes, size + VALUE_HEADER_SIZE);
      size += VALUE_HEADER_SIZE + bytes.length;
    }
    const end = start + size;
    try {
      writeFully(this.#descriptor(segment, "a+"), records);
    } catch (error) {
      this.#takeBack(start);
      throw error;
    }
    this.#end = end;
    return { segment, start, end, locations };
  }

  /** A half-written record must not lie before the next one. */
  #takeBack(end: number): void {
    const descriptor = this.#descriptor(this.#active, "a+");
    this.#end = end;
    try {
      ftruncateSync(descriptor, end);
    } catch {
      // Then what is there stays, and later records lie behind it: a scan skips it.
      this.#end = fstatSync(descriptor).size;
    }
  }

  #cut(segment: number, offset: number): void {
    if (segment !== this.#active) {
      this.#onDamage({ what: "segment", name: nameOf(segment), offset });
      return;
    }
    const descriptor = this.#descriptor(segment, "a+");
    ftruncateSync(descriptor, offset);
    fsyncSync(descriptor);
    this.#end = offset;
  }

  #nextRecord(segment: number, from: number, size: number): number | undefined {
    let offset = from;
    while (offset + VALUE_HEADER_SIZE <= size) {
      const window = Buffer.allocUnsafe(Math.min(SCAN_BYTES, size - offset));
      if (!this.#readFully(segment, offset, window)) return undefined;
      const found = findValueHeader(window, 0);
      if (found >= 0) return offset + found;
      offset += Math.max(1, window.length - VALUE_HEADER_SIZE + 1);
    }
    return undefined;
  }

  #readFully(segment: number, offset: number, into: Buffer): boolean {
    const descriptor = this.#readable(segment);
    if (descriptor === undefined) return false;
    let used = 0;
    while (used < into.length) {
      const count = readSync(descriptor, into, used, into.length - used, offset + used);
      if (count === 0) return false;
      used += count;
    }
    return true;
  }

  #readable(segment: number): number | undefined {
    try {
      return this.#descriptor(segment, segment === this.#active ? "a+" : "r");
    } catch {
      return undefined;
    }
  }

  #descriptor(segment: number, flags: "a+" | "r"): number {
    let descriptor = this.#descriptors.get(segment);
    if (descriptor === undefined) {
      descriptor = openSync(join(this.folder, nameOf(segment)), flags);
      this.#descriptors.set(segment, descriptor);
    }
    return descriptor;
  }

  #forget(segment: number): void {
    const descriptor = this.#descriptors.get(segment);
    if (descriptor !== undefined) closeSync(descriptor);
    this.#descriptors.delete(segment);
  }
}

interface Written {
  readonly segment: number;
  readonly start: number;
  readonly end: number;
  readonly locations: readonly ValueLocation[];
}

interface Waiting {
  readonly digest: Hash;
  readonly bytes: Uint8Array;
  readonly resolve: (location: ValueLocation) => void;
  readonly reject: (error: unknown) => void;
}

function nameOf(segment: number): string {
  return `segment-${String(segment).padStart(8, "0")}`;
}
