/** What waits for its time on one direction of a link, in the order in which it leaves. */
export class Outbox {
  readonly #send: (bytes: Uint8Array) => void;
  readonly #waiting: { readonly atMs: number; readonly bytes: Uint8Array }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #bytes = 0;

  constructor(send: (bytes: Uint8Array) => void) {
    this.#send = send;
  }

  get waitingBytes(): number {
    return this.#bytes;
  }

  put(bytes: Uint8Array, afterMs: number): void {
    if (afterMs <= 0 && this.#waiting.length === 0) {
      this.#send(bytes);
      return;
    }
    const atMs = performance.now() + afterMs;
    let place = this.#waiting.length;
    while (place > 0 && this.#waiting[place - 1]!.atMs > atMs) place--;
    this.#waiting.splice(place, 0, { atMs, bytes });
    this.#bytes += bytes.length;
    if (place === 0) this.#arm();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
    this.#bytes = 0;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const first = this.#waiting[0];
    if (first === undefined) return;
    this.#timer = setTimeout(() => this.#due(), Math.max(0, first.atMs - performance.now()));
  }

  #due(): void {
    const nowMs = performance.now();
    let count = 0;
    // Half a millisecond early rather than one more turn late.
    while (count < this.#waiting.length && this.#waiting[count]!.atMs <= nowMs + 0.5) count++;
    for (const { bytes } of this.#waiting.splice(0, count)) {
      this.#bytes -= bytes.length;
      this.#send(bytes);
    }
    this.#arm();
  }
}
