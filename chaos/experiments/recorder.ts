import type { History, Operation } from "../checkers/operation.ts";

/** When a call began and ended, and whether it came to anything. */
export interface Sample {
  readonly what: "write" | "read";
  readonly callMs: number;
  readonly returnMs: number;
  readonly isGood: boolean;
  /** Why not. */
  readonly code: string | undefined;
  /** The key had been acknowledged when the read began. */
  readonly isOfKnown: boolean;
}

/** What the clients of a run saw, on one clock. */
export class Recorder {
  readonly operations: Operation[] = [];
  readonly samples: Sample[] = [];
  /** Of each key that some client was told is written: SHA-256 of its value, hex. */
  readonly acknowledged = new Map<string, string>();
  /** Encoded receipts, a sample of those that were handed out. */
  readonly receipts: Uint8Array[] = [];
  /** Bytes that were handed out and are not what the entry names. */
  wrongBytes = 0;
  readonly #originMs: number;

  constructor(originMs: number) {
    this.#originMs = originMs;
  }

  /** Since the run began. */
  get nowMs(): number {
    return performance.now() - this.#originMs;
  }

  get history(): History {
    return { model: "entry", operations: this.operations };
  }

  get writeCount(): number {
    return this.samples.filter(({ what, isGood }) => what === "write" && isGood).length;
  }

  count(what: Sample["what"], isGood: boolean): number {
    return this.samples.filter((sample) => sample.what === what && sample.isGood === isGood).length;
  }
}
