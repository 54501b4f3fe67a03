import { invariant } from "../../base/assert.ts";
import { concatBytes, uint64Bytes } from "../../base/bytes.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Sequence } from "../../base/types.ts";
import type { PromiseRecord } from "../../consensus/replica/output.ts";
import type { PromiseFile, PromiseFiles } from "./promise-files.ts";
import { encodePromise, sequenceOfPromise } from "./promise-record.ts";
import { readPromises, segmentName } from "./read-promises.ts";
import type { ReadSegment } from "./read-promises.ts";
import { encodeFrame, encodeSegmentHeader, SEGMENT_HEADER_SIZE } from "./segment-format.ts";
import { KIND_CLOSED, KIND_FLOOR, KIND_SEALED } from "./segment-format.ts";
import type { StoredRecord } from "./segment-format.ts";

/** About a hundred batches of the usual size: what one truncation drops at a time. */
const SEGMENT_BYTES_MAX = 8 * 1024 * 1024;

const LASTING: ReadonlySet<PromiseRecord["type"]> = new Set(["stable", "view-change", "new-view"]);

/**
 * What this replica has promised, durable before it is sent (R11).
 *
 * 1. What `append` took before a call of `sync` is on disk when that call resolves.
 * 2. Records come back from `open` in the order in which they were appended, behind the floor.
 * 3. A failed fdatasync is final: the kernel may have dropped the pages, so a second one that
 *    succeeds would prove nothing (the replica must stop and read its file again).
 * 4. Only `init` makes the first file: a missing one later is amnesia, never a first boot.
 */
export class PromiseLog {
  readonly folder: string;
  readonly #files: PromiseFiles;
  readonly #lock: { release(): void };
  readonly #segmentBytesMax: number;
  #closed: SegmentSummary[];
  #active: ActiveSegment;
  #pending: PendingRecord[] = [];
  #drop: number[] = [];
  #flight: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failure: unknown;
  /** The latest record of each kind that no truncation may lose, and the segment it lies in. */
  #lasting: Map<PromiseRecord["type"], { record: PromiseRecord; segment: number }> = new Map();

  private constructor(
    options: { folder: string; segmentBytesMax: number; files: PromiseFiles },
    state: { lock: { release(): void }; closed: SegmentSummary[]; active: ActiveSegment },
  ) {
    this.folder = options.folder;
    this.#files = options.files;
    this.#segmentBytesMax = options.segmentBytesMax;
    this.#lock = state.lock;
    this.#closed = state.closed;
    this.#active = state.active;
  }

  /** The first file, before anything was promised. */
  static begin(files: PromiseFiles): void {
    files.create(segmentName(1), encodeSegmentHeader(1, files).header);
    files.syncNames();
  }

  /**
   * @throws QuorateError FOLDER_IN_USE
   */
  static open(
    folder: string,
    options: { readonly segmentBytesMax?: number; readonly files: PromiseFiles },
  ): OpenedPromises {
    const { segmentBytesMax = SEGMENT_BYTES_MAX, files } = options;
    const lock = files.lock();
    try {
      const read = readPromises(files);
      if (read.state === "amnesiac") {
        lock.release();
        return read;
      }
      for (const name of read.leftover) files.remove(name);
      const last = read.segments.at(-1);
      invariant(last !== undefined, "there is a segment");
      const active = openActive(files, last);
      if (read.leftover.length > 0) files.syncNames();
      const closed = read.segments.slice(0, -1).map(summarize);
      const log = new PromiseLog({ folder, segmentBytesMax, files }, { lock, closed, active });
      for (const { number, records } of read.segments) {
        for (const record of records) log.#remember(record, number);
      }
      const below = read.below as Sequence;
      const floor: PromiseRecord[] = below > 0 ? [{ type: "floor", below }] : [];
      const records = [...floor, ...read.segments.flatMap((segment) => segment.records)];
      return { state: "ok", log, records, torn: read.torn };
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Buffers; durable after the next {@link sync}. */
  append(records: readonly PromiseRecord[]): void {
    for (const record of records) {
      const sequence = sequenceOfPromise(record) ?? 0;
      this.#pending.push({ stored: encodePromise(record), sequence, record });
      // Not written yet, so in no segment that a truncation could drop.
      this.#remember(record, Number.POSITIVE_INFINITY);
    }
  }

  /**
   * Everything appended so far is durable. One write and one fdatasync; calls that come while one
   * is under way share the next.
   *
   * @throws QuorateError PROMISES_FAILED, after which the log takes nothing more
   */
  sync(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(failed(this.folder, this.#failure));
    if (this.#next !== undefined) return this.#next;
    if (this.#flight === undefined) return this.#start();
    if (this.#pending.length === 0) return this.#flight;
    const begin = (): Promise<void> => {
      this.#next = undefined;
      return this.#start();
    };
    this.#next = this.#flight.then(begin);
    return this.#next;
  }

  /**
   * Whole segments that speak only of sequences up to `below` go, at the next {@link sync}. The last
   * stable checkpoint, view-change and new-view are written again if they lay in one of them.
   */
  truncate(below: Sequence): void {
    const kept = this.#closed.findIndex((segment) => segment.sequenceMax > below);
    const dropped = this.#closed.splice(0, kept < 0 ? this.#closed.length : kept);
    if (dropped.length === 0) return;
    const lowest = this.#closed[0]?.number ?? this.#active.number;
    for (const { record, segment } of [...this.#lasting.values()]) {
      if (segment < lowest) this.append([record]);
    }
    const floor = concatBytes(uint64Bytes(lowest), uint64Bytes(below));
    this.#pushOwn(KIND_FLOOR, floor);
    this.#drop.push(...dropped.map((segment) => segment.number));
  }

  /** After it a damaged last record can be told from a torn one. */
  async close(): Promise<void> {
    if (this.#failure === undefined) {
      this.#pushOwn(KIND_CLOSED);
      await this.sync();
    }
    this.#active.file.close();
    this.#failure ??= "it is closed";
    this.#lock.release();
  }

  #remember(record: PromiseRecord, segment: number): void {
    if (LASTING.has(record.type)) this.#lasting.set(record.type, { record, segment });
  }

  #pushOwn(kind: number, ...parts: readonly Uint8Array[]): void {
    this.#pending.push({ stored: { kind, parts }, sequence: 0, record: undefined });
  }

  #start(): Promise<void> {
    if (this.#pending.length === 0) return Promise.resolve();
    const flight = this.#flush().finally(() => {
      if (this.#flight === flight) this.#flight = undefined;
    });
    this.#flight = flight;
    return flight;
  }

  async #flush(): Promise<void> {
    const records = this.#pending;
    const drop = this.#drop;
    this.#pending = [];
    this.#drop = [];
    try {
      this.#write(records);
      await this.#active.file.sync();
      if (this.#active.end >= this.#segmentBytesMax) this.#rotate();
      for (const number of drop) this.#files.remove(segmentName(number));
    } catch (error) {
      this.#failure = error;
      throw failed(this.folder, error);
    }
  }

  #write(records: readonly PendingRecord[]): void {
    const active = this.#active;
    const stored = records.map((pending) => pending.stored);
    const place = { salt: active.salt, frameIndex: active.frameCount };
    const frame = encodeFrame(place, stored, this.#files.sha256);
    active.file.write(frame, active.end);
    active.end += frame.length;
    active.frameCount++;
    for (const { sequence, record } of records) {
      active.sequenceMax = Math.max(active.sequenceMax, sequence);
      if (record !== undefined && this.#lasting.get(record.type)?.record === record) {
        this.#remember(record, active.number);
      }
    }
  }

  /** The next segment exists before this one says so: see `judge` for what a crash leaves. */
  #rotate(): void {
    const active = this.#active;
    const number = active.number + 1;
    const files = this.#files;
    const { header, salt } = encodeSegmentHeader(number, files);
    files.create(segmentName(number), header);
    files.syncNames();
    this.#write([{ stored: { kind: KIND_SEALED, parts: [] }, sequence: 0, record: undefined }]);
    active.file.syncNow();
    active.file.close();
    this.#closed.push({ number: active.number, sequenceMax: active.sequenceMax });
    const end = SEGMENT_HEADER_SIZE;
    this.#active = openActive(files, { number, salt, end, frameCount: 0, records: [] });
  }
}

export type OpenedPromises =
  | {
      readonly state: "ok";
      readonly log: PromiseLog;
      readonly records: readonly PromiseRecord[];
      /** The last turn before a crash was cut off: nothing had been sent on its account. */
      readonly torn: boolean;
    }
  | { readonly state: "amnesiac"; readonly why: string };

interface SegmentSummary {
  readonly number: number;
  readonly sequenceMax: number;
}

interface ActiveSegment {
  readonly number: number;
  readonly salt: Uint8Array;
  readonly file: PromiseFile;
  end: number;
  frameCount: number;
  sequenceMax: number;
}

interface PendingRecord {
  readonly stored: StoredRecord;
  readonly sequence: number;
  /** Undefined for what the log writes for itself. */
  readonly record: PromiseRecord | undefined;
}

function openActive(files: PromiseFiles, segment: ReadSegment): ActiveSegment {
  const { number, salt, end, frameCount } = segment;
  const file = files.open(segmentName(number), end);
  return { number, salt, file, end, frameCount, sequenceMax: sequenceMaxOf(segment) };
}

function sequenceMaxOf(segment: ReadSegment): number {
  return segment.records.reduce((max, record) => Math.max(max, sequenceOfPromise(record) ?? 0), 0);
}

function summarize(segment: ReadSegment): SegmentSummary {
  return { number: segment.number, sequenceMax: sequenceMaxOf(segment) };
}

function failed(folder: string, cause: unknown): QuorateError {
  return new QuorateError(
    "PROMISES_FAILED",
    `promises in ${folder} could not be made durable`,
    "stop the replica, see the cause, free space or replace the disk, and start it again",
    { cause },
  );
}
