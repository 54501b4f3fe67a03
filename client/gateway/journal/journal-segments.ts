import { open, readFile, readdir, truncate, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "../../../base/host/atomic-file.ts";
import { SEGMENT_BYTES_MAX } from "../limits.ts";
import { decodeRecord } from "./journal-record.ts";
import type { JournalRecord } from "./journal-record.ts";

const NAME = /^segment\.([0-9]{12})$/;

export interface Replayed {
  readonly record: JournalRecord;
  readonly segment: number;
}

export interface Replay {
  readonly records: readonly Replayed[];
  /** Records whose checksum did not hold, skipped. */
  readonly corrupt: number;
}

/**
 * Append-only files with one fdatasync for all who wait.
 *
 * 1. `append` resolves once its bytes are on the disk. Everything appended while a flush runs
 *    shares the next one, so the cost is one flush for each turn, whatever the load.
 * 2. A torn end is cut off at open. It can only hold what nobody was told is durable.
 * 3. A segment is removed only when all older ones are gone: so a `done` outlives its `add`.
 */
export class JournalSegments {
  readonly #folder: string;
  #file: FileHandle;
  #segment: number;
  #size: number;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #failed: Error | undefined;

  private constructor(folder: string, segment: number, file: FileHandle) {
    this.#folder = folder;
    this.#segment = segment;
    this.#file = file;
    this.#size = 0;
  }

  static async open(folder: string): Promise<{ segments: JournalSegments; replay: Replay }> {
    const numbers = await segmentNumbers(folder);
    const records: Replayed[] = [];
    let corrupt = 0;
    for (const segment of numbers) {
      corrupt += await replaySegment(join(folder, segmentName(segment)), segment, records);
    }
    const next = (numbers.at(-1) ?? 0) + 1;
    const file = await open(join(folder, segmentName(next)), "ax", 0o600);
    syncFolder(folder);
    const segments = new JournalSegments(folder, next, file);
    return { segments, replay: { records, corrupt } };
  }

  /** Answers the segment that holds the bytes, once they are durable. */
  append(bytes: Uint8Array): Promise<number> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed);
    const { promise, resolve, reject } = withResolvers<number>();
    this.#waiting.push({ bytes, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Removes segments below this one, but never the one being written. */
  async removeBelow(segment: number): Promise<void> {
    for (const number of await segmentNumbers(this.#folder)) {
      if (number >= Math.min(segment, this.#segment)) return;
      await unlink(join(this.#folder, segmentName(number)));
    }
  }

  async close(): Promise<void> {
    await this.#running;
    await this.#file.close();
  }

  async #run(): Promise<void> {
    // A turn's grace: whoever appends in this turn of the event loop shares the flush.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#write(batch);
    }
    this.#running = undefined;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      if (this.#size > SEGMENT_BYTES_MAX) await this.#turn();
      const bytes = Buffer.concat(batch.map((one) => one.bytes));
      await this.#file.appendFile(bytes);
      await this.#file.datasync();
      this.#size += bytes.length;
      for (const one of batch) one.resolve(this.#segment);
    } catch (error) {
      // After a failed flush nobody knows what is on the disk: this journal takes no more.
      this.#failed = error instanceof Error ? error : new Error(String(error));
      for (const one of batch) one.reject(this.#failed);
    }
  }

  async #turn(): Promise<void> {
    const next = this.#segment + 1;
    const file = await open(join(this.#folder, segmentName(next)), "ax", 0o600);
    syncFolder(this.#folder);
    await this.#file.close();
    this.#file = file;
    this.#segment = next;
    this.#size = 0;
  }
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly resolve: (segment: number) => void;
  readonly reject: (error: Error) => void;
}

function segmentName(number: number): string {
  return `segment.${String(number).padStart(12, "0")}`;
}

async function segmentNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .flatMap((name) => {
      const match = NAME.exec(name);
      return match?.[1] === undefined ? [] : [Number(match[1])];
    })
    .sort((left, right) => left - right);
}

/** Answers how many records were skipped. */
async function replaySegment(path: string, segment: number, into: Replayed[]): Promise<number> {
  const file = new Uint8Array(await readFile(path));
  let corrupt = 0;
  let offset = 0;
  for (;;) {
    const decoded = decodeRecord(file, offset);
    if (decoded === undefined) break;
    if (decoded.record === undefined) corrupt++;
    else into.push({ record: decoded.record, segment });
    offset += decoded.size;
  }
  if (offset < file.length) await truncate(path, offset);
  return corrupt;
}

function withResolvers<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
