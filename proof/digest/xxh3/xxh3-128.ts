import { SHORT_SIZE_MAX, shortDigest } from "./short-input.ts";
import { STRIPE_SIZE, Stripes } from "./stripes.ts";

export const XXH3_128_SIZE = 16;

/**
 * XXH3-128 (unseeded, default secret), fed in pieces of any size. Not a cryptographic hash: it is
 * here because ccache ends each body with one, and what we overwrite in a body changes it.
 *
 * Up to 240 bytes have formulas of their own, so the beginning is kept until more has come. The
 * last 64 bytes are hashed differently from the rest, so a stripe is only taken in once a byte
 * behind it is known.
 */
export class Xxh3128 {
  readonly #stripes = new Stripes();
  /** The input's first bytes; past them it is a window: the last stripe taken in, then the rest. */
  readonly #head = new Uint8Array(SHORT_SIZE_MAX);
  readonly #window = new Uint8Array(2 * STRIPE_SIZE);
  readonly #windowView = new DataView(this.#window.buffer);
  #pending = 0;
  #size = 0;

  update(chunk: Uint8Array): void {
    if (this.#size < SHORT_SIZE_MAX) {
      this.#head.set(chunk.subarray(0, SHORT_SIZE_MAX - this.#size), this.#size);
    }
    this.#size += chunk.length;
    let offset = this.#fill(chunk);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (chunk.length - offset > STRIPE_SIZE) {
      this.#takePending();
      for (; chunk.length - offset > STRIPE_SIZE; offset += STRIPE_SIZE) {
        this.#stripes.add(view, offset);
      }
      this.#window.set(chunk.subarray(offset - STRIPE_SIZE, offset));
    }
    while (offset < chunk.length) {
      if (this.#pending === STRIPE_SIZE) this.#takePending();
      offset += this.#fill(chunk.subarray(offset));
    }
  }

  /** Sixteen bytes, the high half first, as ccache and the specification's canonical form have it. */
  finish(): Uint8Array {
    const digest = this.#size <= SHORT_SIZE_MAX ? this.#short() : this.#long();
    const bytes = new DataView(new ArrayBuffer(XXH3_128_SIZE));
    bytes.setBigUint64(0, digest.high);
    bytes.setBigUint64(8, digest.low);
    return new Uint8Array(bytes.buffer);
  }

  /** Answers how many bytes found room behind the last stripe. */
  #fill(chunk: Uint8Array): number {
    const room = Math.min(STRIPE_SIZE - this.#pending, chunk.length);
    this.#window.set(chunk.subarray(0, room), STRIPE_SIZE + this.#pending);
    this.#pending += room;
    return room;
  }

  #takePending(): void {
    if (this.#pending < STRIPE_SIZE) return;
    this.#stripes.add(this.#windowView, STRIPE_SIZE);
    this.#window.copyWithin(0, STRIPE_SIZE);
    this.#pending = 0;
  }

  #short(): ReturnType<typeof shortDigest> {
    return shortDigest(new DataView(this.#head.buffer, 0, this.#size));
  }

  #long(): ReturnType<typeof shortDigest> {
    const last = new DataView(this.#window.buffer, this.#pending, STRIPE_SIZE);
    return this.#stripes.finish(last, this.#size);
  }
}
