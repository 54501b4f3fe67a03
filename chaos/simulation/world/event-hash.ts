/**
 * A running digest of everything that happened. Two runs of one seed are equal exactly if they did
 * the same in the same order; the digest says so in 16 hex digits.
 */
export class EventHash {
  #high = 0x811c9dc5;
  #low = 0x1b873593;

  number(value: number): void {
    this.#mix(value | 0);
    this.#mix((value / 0x1_0000_0000) | 0);
  }

  text(text: string): void {
    for (let index = 0; index < text.length; index++) this.#mix(text.charCodeAt(index));
  }

  bytes(bytes: Uint8Array): void {
    const size = bytes.length;
    this.#mix(size);
    let at = 0;
    for (; at + 4 <= size; at += 4) {
      this.#mix(
        (bytes[at] as number) |
          ((bytes[at + 1] as number) << 8) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 24),
      );
    }
    for (; at < size; at++) this.#mix(bytes[at] as number);
  }

  toString(): string {
    const high = (this.#high >>> 0).toString(16).padStart(8, "0");
    return high + (this.#low >>> 0).toString(16).padStart(8, "0");
  }

  #mix(word: number): void {
    this.#high = Math.imul(this.#high ^ word, 0x01000193);
    this.#high ^= this.#high >>> 15;
    this.#low = Math.imul(this.#low + (word ^ this.#high), 0xcc9e2d51);
    this.#low = (this.#low << 15) | (this.#low >>> 17);
  }
}
