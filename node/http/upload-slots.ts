import {
  UPLOAD_COUNT_MAX,
  UPLOAD_COUNT_PER_ADDRESS_MAX,
  UPLOAD_COUNT_PER_WRITER_MAX,
} from "../limits.ts";

/**
 * Who is uploading now. A slot is held by the address it comes from and by a writer whose pending
 * write set wants the value; neither can hold all, so a slow one leaves room for the others.
 */
export class UploadSlots {
  readonly #held = new Map<string, number>();
  #count = 0;

  /** Undefined: none is free for them. Else call it when the upload has ended. */
  take(address: string, writers: readonly string[]): (() => void) | undefined {
    const from = `address ${address}`;
    const writer = writers
      .map((name) => `writer ${name}`)
      .find((name) => this.#of(name) < UPLOAD_COUNT_PER_WRITER_MAX);
    if (writer === undefined || this.#count >= UPLOAD_COUNT_MAX) return undefined;
    if (this.#of(from) >= UPLOAD_COUNT_PER_ADDRESS_MAX) return undefined;
    const holders = [from, writer];
    this.#count++;
    for (const holder of holders) this.#held.set(holder, this.#of(holder) + 1);
    return () => {
      this.#count--;
      for (const holder of holders) {
        const left = this.#of(holder) - 1;
        if (left > 0) this.#held.set(holder, left);
        else this.#held.delete(holder);
      }
    };
  }

  #of(holder: string): number {
    return this.#held.get(holder) ?? 0;
  }
}
