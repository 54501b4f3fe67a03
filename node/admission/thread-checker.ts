import { Worker } from "node:worker_threads";
import type { Claim } from "../../proof/admission/claim-check.ts";
import { encodeClaims } from "../../proof/admission/claim-pack.ts";
import type { WholeClaim } from "../../proof/admission/claim-pack.ts";
import type { CheckResult, Exhausted } from "../../proof/frame/check-result.ts";
import {
  CHECKER_HEAP_MEGABYTES,
  CHECKER_STACK_MEGABYTES,
  CHECKER_YOUNG_MEGABYTES,
} from "../limits.ts";
import type { Checker } from "./checker.ts";

/** To the thread: small claims together, or one's pieces in their order, the first with its claim. */
export type CheckerOrder =
  | { readonly pack: Uint8Array }
  | {
      readonly claim: Claim | undefined;
      readonly piece: Uint8Array | undefined;
      readonly isLast: boolean;
    };

/** From it: a word for each order. The last one's has the results. */
export type CheckerWord = { readonly results: readonly CheckResult<unknown>[] } | "taken";

/**
 * Checks on a thread of its own, which lives from the first check on. Its heap is bounded: what a
 * checker counts is bounded by its budget, and what it does not count by the engine. A thread that
 * passes the bound dies alone, and the next check has a new one.
 */
export class ThreadChecker implements Checker {
  readonly #file: URL;
  #worker: Worker | undefined;

  constructor(file: URL) {
    this.#file = file;
  }

  async check(claim: Claim, pieces: AsyncIterable<Uint8Array>): Promise<CheckResult> {
    let first: Claim | undefined = claim;
    let waiting: Uint8Array | undefined;
    for await (const piece of pieces) {
      if (waiting !== undefined) {
        const word = await this.#order({ claim: first, piece: waiting, isLast: false });
        if (word !== "taken") return onlyOf(word);
        first = undefined;
      }
      // A view may lie over a buffer of the store's: only its own bytes cross to the thread.
      waiting = piece.slice();
    }
    const word = await this.#order({ claim: first, piece: waiting, isLast: true });
    if (word === "taken") throw new Error("the checker's last word is its result");
    return onlyOf(word);
  }

  async checkAll(claims: readonly WholeClaim[]): Promise<readonly CheckResult<unknown>[]> {
    if (claims.length === 0) return [];
    const word = await this.#order({ pack: encodeClaims(claims) });
    if (word !== OUT_OF_MEMORY && word !== "taken") return word.results;
    if (claims.length === 1) return OUT_OF_MEMORY.results;
    // Which of them it was that asked for more than memory is seen when each is alone.
    const results: CheckResult<unknown>[] = [];
    for (const one of claims) results.push(...(await this.checkAll([one])));
    return results;
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #order(order: CheckerOrder): Promise<CheckerWord> {
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      const end = (): void => {
        worker.off("message", onWord);
        worker.off("error", onError);
        worker.off("exit", onExit);
      };
      const onWord = (word: CheckerWord): void => {
        end();
        resolve(word);
      };
      const onError = (error: NodeJS.ErrnoException): void => {
        end();
        this.#forget(worker);
        if (error.code === "ERR_WORKER_OUT_OF_MEMORY") resolve(OUT_OF_MEMORY);
        else reject(error);
      };
      const onExit = (): void => {
        end();
        this.#forget(worker);
        reject(new Error("the checker's thread ended"));
      };
      worker.on("message", onWord);
      worker.on("error", onError);
      worker.on("exit", onExit);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage(order, "pack" in order ? [order.pack.buffer as ArrayBuffer] : []);
    });
  }

  #start(): Worker {
    const worker = new Worker(this.#file, {
      resourceLimits: {
        maxOldGenerationSizeMb: CHECKER_HEAP_MEGABYTES,
        maxYoungGenerationSizeMb: CHECKER_YOUNG_MEGABYTES,
        stackSizeMb: CHECKER_STACK_MEGABYTES,
      },
    });
    worker.unref();
    return worker;
  }

  #forget(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined;
  }
}

const EXHAUSTED: Exhausted = {
  status: "resource",
  reason: "memory",
  offset: 0,
  detail: "the thread's heap",
};
const OUT_OF_MEMORY = { results: [EXHAUSTED] } as const;

function onlyOf({ results }: Exclude<CheckerWord, "taken">): CheckResult {
  return results[0] as CheckResult;
}
