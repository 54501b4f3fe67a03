/** Passes a stream on, but for its last `size` bytes, which a body's end makes special. */
export class HeldTail {
  readonly #held: Uint8Array;
  #length = 0;

  constructor(size: number) {
    this.#held = new Uint8Array(size);
  }

  /** The last bytes so far; fewer than `size` while fewer came. */
  get bytes(): Uint8Array {
    return this.#held.subarray(0, this.#length);
  }

  /** `pass` gets what is certainly not the tail: pieces that are valid during the call only. */
  push(chunk: Uint8Array, pass: (piece: Uint8Array) => void): void {
    const size = this.#held.length;
    const released = this.#length + chunk.length - size;
    if (released <= 0) {
      this.#held.set(chunk, this.#length);
      this.#length += chunk.length;
      return;
    }
    const fromHeld = Math.min(released, this.#length);
    if (fromHeld > 0) pass(this.#held.subarray(0, fromHeld));
    const fromChunk = released - fromHeld;
    if (fromChunk > 0) pass(chunk.subarray(0, fromChunk));
    this.#held.copyWithin(0, fromHeld, this.#length);
    this.#held.set(chunk.subarray(fromChunk), this.#length - fromHeld);
    this.#length = size;
  }
}
