import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Client } from "../../client/types.ts";

export interface WriteLoadOptions {
  readonly namespace: string;
  /** Names begin with it: `{label}-{loop}-{count}`. */
  readonly label: string;
  /** Between a loop's answer and its next write: processes share the machine with other tests. */
  readonly pauseMs: number;
}

/** Which writers there are, each with one write under way. */
export const WRITE_LOOPS: readonly number[] = [0, 1, 2];

/** Writers that go on until they are stopped; one failed write fails the test that stops them. */
export class WriteLoad {
  requests = 0;
  /** Between two answers, of whichever writer. */
  longestGapMs = 0;
  /** Rejects as soon as a write fails. */
  readonly ended: Promise<unknown>;
  readonly #end = new AbortController();
  #lastMs = performance.now();

  constructor(client: Client, options: WriteLoadOptions) {
    this.ended = Promise.all(WRITE_LOOPS.map((loop) => this.#writeOn(client, loop, options)));
    // Whoever stops them is told.
    this.ended.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.ended;
  }

  /** For a log: which change it was, and what it cost. */
  summary(): string {
    return `requests ${this.requests}, failed 0, longest gap ${this.longestGapMs.toFixed(0)} ms`;
  }

  async #writeOn(
    client: Client,
    loop: number,
    { namespace, label, pauseMs }: WriteLoadOptions,
  ): Promise<void> {
    for (let count = 0; !this.#end.signal.aborted; count++) {
      const name = `${label}-${loop}-${count}`;
      const put = await client.put(namespace, name, Uint8Array.of(count & 255));
      expect(put.outcome).toBe("accepted");
      this.requests++;
      const nowMs = performance.now();
      this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.#lastMs);
      this.#lastMs = nowMs;
      await sleep(pauseMs);
    }
  }
}
