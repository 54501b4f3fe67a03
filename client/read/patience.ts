import { BLOB_SILENCE_MS_MAX } from "../limits.ts";
import type { Fleet } from "../link/fleet.ts";
import type { Sweep } from "../link/sweep.ts";
import type { Platform } from "../platform/platform.ts";

/** What the reading of values needs. */
export interface ValueDependencies {
  readonly platform: Platform;
  readonly fleet: Fleet;
  readonly sweep: Sweep;
}

/** Ends an attempt on which nothing arrives, or whose caller gives up. */
export class Patience {
  readonly #sweep: Sweep;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  #cancel: () => void;
  readonly #onAbort = (): void => this.#controller.abort();

  constructor(sweep: Sweep, caller: AbortSignal | undefined) {
    this.#sweep = sweep;
    this.#caller = caller;
    if (caller?.aborted === true) this.#controller.abort();
    caller?.addEventListener("abort", this.#onAbort);
    this.#cancel = this.#arm();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  renew(): void {
    this.#cancel();
    this.#cancel = this.#arm();
  }

  end(): void {
    this.#cancel();
    this.#caller?.removeEventListener("abort", this.#onAbort);
    this.#controller.abort();
  }

  #arm(): () => void {
    return this.#sweep.after(BLOB_SILENCE_MS_MAX, () => this.#controller.abort());
  }
}
