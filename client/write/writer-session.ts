import { equalBytes } from "../../base/bytes.ts";
import { SESSION_SIZE } from "../../consensus/wire/write-set.ts";
import type { Platform } from "../platform/platform.ts";

/** 16 random bytes of this process, and a counter: each number is executed at most once. */
export class WriterSession {
  readonly #session: Uint8Array;
  #counter = 0;
  /** Ascending: handed out, and their answers may still be asked for. */
  readonly #open = new Set<number>();

  constructor(platform: Pick<Platform, "randomBytes">) {
    this.#session = platform.randomBytes(SESSION_SIZE);
  }

  next(): { readonly session: Uint8Array; readonly counter: number; readonly settled: number } {
    const counter = ++this.#counter;
    this.#open.add(counter);
    const [lowest] = this.#open;
    return { session: this.#session, counter, settled: (lowest ?? counter) - 1 };
  }

  /** Nobody will send this one again. */
  settle(session: Uint8Array, counter: number): void {
    if (equalBytes(session, this.#session)) this.#open.delete(counter);
  }
}
