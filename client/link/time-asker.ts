import type { ClientParts } from "../client-parts.ts";
import { TIME_ASK_MS } from "../limits.ts";
import { trustedTime } from "./heartbeat-quorum.ts";
import { probeQuorum } from "./probe-quorum.ts";

type Parts = Pick<ClientParts, "committee" | "platform" | "fleet" | "sweep" | "clock">;

/** Sets the reader's clock by Q signed answers over our own nonce: at connect and after a sleep. */
export class TimeAsker {
  readonly #deadlineMs: number;
  readonly #parts: Parts;
  #stopped = false;

  constructor(deadlineMs: number, parts: Parts) {
    this.#deadlineMs = deadlineMs;
    this.#parts = parts;
  }

  /**
   * False: the replicas are there, but a quorum of them signs nothing yet.
   * @throws QuorateError CLUSTER_UNREACHABLE, ABORTED
   */
  async ask(signal: AbortSignal | undefined): Promise<boolean> {
    const { committee, clock } = this.#parts;
    const options = { deadlineMs: this.#deadlineMs, signal, graceMs: 0, acceptSilent: true };
    const answers = await probeQuorum(this.#parts, options);
    const readings = new Map([...answers].map(([index, { asOf }]) => [index, asOf]));
    const time = trustedTime(committee, readings);
    if (time !== undefined) clock.anchor(time);
    return time !== undefined;
  }

  /** Nobody waits for it: until a quorum answers, the machine's own clock counts. */
  async keepAsking(): Promise<void> {
    while (!this.#stopped && !(await this.ask(undefined).catch(() => false))) {
      await new Promise<void>((resolve) => {
        this.#parts.sweep.after(TIME_ASK_MS, resolve);
      });
    }
  }

  stop(): void {
    this.#stopped = true;
  }
}
