import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Tally } from "../metrics/tally.ts";
import { JOURNAL_SEGMENT_COUNT, JOURNAL_WRITE_QUEUE_MAX } from "./limits.ts";

/** "1790000000-000001.qjournal": an incarnation and its segments, which sort by name. */
const SEGMENT_NAME = /^(\d{1,15})-(\d{6,15})\.qjournal$/u;

export interface Segment {
  readonly name: string;
  readonly incarnation: number;
  readonly number: number;
  readonly size: number;
}

/** The segments in a folder, from the oldest to the newest. None when there is no folder. */
export function listSegments(folder: string): Segment[] {
  const segments: Segment[] = [];
  for (const name of namesIn(folder)) {
    const match = SEGMENT_NAME.exec(name);
    if (match === null) continue;
    const { size } = statSync(join(folder, name));
    segments.push({ name, incarnation: Number(match[1]), number: Number(match[2]), size });
  }
  return segments.sort(
    (left, right) => left.incarnation - right.incarnation || left.number - right.number,
  );
}

export function readSegment(folder: string, { name }: Segment): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, name)));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/**
 * One incarnation's blocks, in files that each begin with a header. All files of the folder
 * together stay within a bound; the oldest goes first. A journal explains and is never needed: it
 * is not flushed, and a disk that takes nothing more costs blocks, which are counted, and no more.
 */
export class SegmentFolder {
  readonly #folder: string;
  readonly #incarnation: number;
  readonly #header: Uint8Array;
  readonly #segmentBytesMax: number;
  readonly #bytesMax: number;
  readonly #drops: Tally;
  readonly #waiting: Uint8Array[] = [];
  #segments: { readonly name: string; size: number }[];
  #file: FileHandle | undefined;
  #number = 0;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(
    folder: string,
    options: {
      readonly incarnation: number;
      readonly header: Uint8Array;
      readonly bytesMax: number;
    },
    drops: Tally,
  ) {
    this.#folder = folder;
    this.#incarnation = options.incarnation;
    this.#header = options.header;
    this.#bytesMax = options.bytesMax;
    this.#segmentBytesMax = Math.floor(options.bytesMax / JOURNAL_SEGMENT_COUNT);
    this.#drops = drops;
    mkdirSync(folder, { recursive: true });
    this.#segments = listSegments(folder).map(({ name, size }) => ({ name, size }));
    // A smaller bound than last time holds from the start on.
    for (const name of this.#dropOld(0)) rmSync(join(folder, name), { force: true });
  }

  get size(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, 0);
  }

  append(block: Uint8Array): void {
    if (this.#closed) return;
    if (this.#waiting.length >= JOURNAL_WRITE_QUEUE_MAX) {
      this.#drops.add("journal-disk-slow");
      return;
    }
    this.#waiting.push(block);
    this.#writing ??= this.#writeAll();
  }

  /** What was appended by now is handed to the system, as far as the disk takes it. */
  async written(): Promise<void> {
    await this.#writing;
  }

  /** As `written`, and the file is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.written();
    await this.#endSegment();
  }

  async #writeAll(): Promise<void> {
    for (let block = this.#waiting.shift(); block !== undefined; block = this.#waiting.shift()) {
      try {
        await this.#write(block);
      } catch {
        this.#drops.add("journal-not-written");
        await this.#endSegment();
      }
    }
    this.#writing = undefined;
  }

  async #write(block: Uint8Array): Promise<void> {
    let segment = this.#segments.at(-1);
    if (
      this.#file === undefined ||
      segment === undefined ||
      segment.size >= this.#segmentBytesMax
    ) {
      segment = await this.#beginSegment();
    }
    await this.#file?.write(block);
    segment.size += block.length;
    for (const name of this.#dropOld(1)) await rm(join(this.#folder, name), { force: true });
  }

  async #beginSegment(): Promise<{ readonly name: string; size: number }> {
    await this.#endSegment();
    const number = String(++this.#number).padStart(6, "0");
    const segment = { name: `${this.#incarnation}-${number}.qjournal`, size: this.#header.length };
    const path = join(this.#folder, segment.name);
    const file = await open(path, "wx");
    try {
      await file.write(this.#header);
    } catch (error) {
      // A full disk must not fill with empty files.
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
    this.#file = file;
    this.#segments.push(segment);
    return segment;
  }

  async #endSegment(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  /** Leaves the newest `keep` whatever their size. */
  #dropOld(keep: number): string[] {
    const dropped: string[] = [];
    while (this.#segments.length > keep && this.size > this.#bytesMax) {
      const oldest = this.#segments.shift();
      if (oldest !== undefined) dropped.push(oldest.name);
    }
    return dropped;
  }
}
