import { BODY_MEMORY_BYTES_MAX, OWN_BODY_BYTES_MAX } from "./limits.ts";

/** What surrounds one piece of a body in memory: a body that comes byte by byte is mostly that. */
const PIECE_BYTES = 256;

/**
 * Memory of all bodies on their way in, bounded by what they really hold: one that was begun and
 * does not go on takes no room from others.
 */
export class BodyMemory {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number = BODY_MEMORY_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Held by all together, beside what each has of its own. */
  get bytes(): number {
    return this.#bytes;
  }

  /** False: there is no room, and nothing was taken. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** The pieces of one body that are in memory. So many bytes of it have a place in any case. */
export class HeldPieces {
  readonly #memory: BodyMemory;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #shared = 0;

  constructor(memory: BodyMemory) {
    this.#memory = memory;
  }

  /** False: there is no room for what is held now, which goes to the disk; the piece was added. */
  add(piece: Uint8Array): boolean {
    this.#pieces.push(piece);
    this.#bytes += piece.length + PIECE_BYTES;
    const missing = this.#bytes - OWN_BODY_BYTES_MAX - this.#shared;
    if (missing <= 0) return true;
    if (!this.#memory.take(missing)) return false;
    this.#shared += missing;
    return true;
  }

  get isMoreThanOwn(): boolean {
    return this.#bytes > OWN_BODY_BYTES_MAX;
  }

  whole(): Uint8Array {
    const [first] = this.#pieces;
    const isOne = first !== undefined && this.#pieces.length === 1;
    return isOne ? first : new Uint8Array(Buffer.concat(this.#pieces));
  }

  drop(): void {
    this.#memory.give(this.#shared);
    this.#pieces = [];
    this.#bytes = 0;
    this.#shared = 0;
  }
}
