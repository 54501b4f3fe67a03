import type { EventKind, JournalEvent } from "./journal-event.ts";
import { JournalReader } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";
import { encodeRecordingHeader } from "./recording-format.ts";

export interface Thinning {
  /** One of 2^level is kept. */
  readonly level: number;
  /** Kinds that are kept at every level. */
  readonly always: ReadonlySet<EventKind>;
}

/** More would keep one of a billion. */
export const THINNING_LEVEL_MAX = 30;

/**
 * A recording with fewer events, as a recording: one level of a pyramid. What a level keeps, all
 * finer ones keep. Of consensus sequences all events are kept or none, so that whoever is left has
 * its votes and certificates; the first event of each author is kept as well.
 */
export class RecordingThinner {
  readonly #reader = new JournalReader();
  readonly #writer = new JournalWriter();
  readonly #always: ReadonlySet<EventKind>;
  readonly #mask: number;
  readonly #authors = new Set<string>();
  #hasBegun = false;

  constructor({ level, always }: Thinning) {
    this.#mask = 2 ** Math.min(level, THINNING_LEVEL_MAX) - 1;
    this.#always = always;
  }

  /** Bytes of the recording, as they come; answers bytes of the thinner one, as they are ready. */
  push(chunk: Uint8Array): Uint8Array[] {
    const ready: Uint8Array[] = [];
    for (const block of this.#reader.push(chunk)) {
      this.#begin(ready);
      for (let index = 0; index < block.eventCount; index++) {
        const event = block.event(index);
        if (!this.#keeps(event)) continue;
        if (this.#writer.isFull) this.#flush(ready);
        this.#writer.add(event);
      }
    }
    return ready;
  }

  end(): Uint8Array[] {
    const ready: Uint8Array[] = [];
    this.#reader.end();
    this.#begin(ready);
    this.#flush(ready);
    return ready;
  }

  #begin(ready: Uint8Array[]): void {
    const { header } = this.#reader;
    if (this.#hasBegun || header === undefined) return;
    this.#hasBegun = true;
    ready.push(encodeRecordingHeader(header));
  }

  /** The writer goes on writing into the same memory. */
  #flush(ready: Uint8Array[]): void {
    const block = this.#writer.flush();
    if (block !== undefined) ready.push(block.slice());
  }

  #keeps({ id, kind, detail }: JournalEvent): boolean {
    const { name, incarnation } = id.author;
    const author = `${name}#${incarnation}`;
    if (!this.#authors.has(author)) {
      // A recording of more authors than a reader tells apart keeps the first of each for no use.
      if (this.#authors.size < AUTHOR_COUNT_MAX) this.#authors.add(author);
      return true;
    }
    if (this.#always.has(kind)) return true;
    const { sequence } = detail;
    const place = typeof sequence === "number" ? sequence : id.sequence + letters(name);
    return (scatter(place) & this.#mask) === 0;
  }
}

const AUTHOR_COUNT_MAX = 65_536;

/** So that different authors' events of one number are not kept or left out together. */
function letters(name: string): number {
  let sum = 0;
  for (let at = 0; at < name.length; at++) sum = Math.imul(sum, 31) + name.charCodeAt(at);
  return sum >>> 0;
}

/** Neighbours far apart: the finalizer of a common 32-bit hash. */
function scatter(value: number): number {
  let bits = (value ^ (value / 2 ** 32)) >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
