import type { IncomingMessage } from "node:http";
import type { Counts } from "./counts.ts";
import { BODY_BYTES_PER_SECOND_MIN, BODY_SWEEP_MS } from "./limits.ts";

/**
 * Cuts off bodies that come too slowly to be anything but a held connection. A body is judged only
 * over whole intervals: one that began just before a sweep has had no time to come.
 */
export class BodyWatch {
  readonly #counts: Counts;
  /** Bytes read at the last sweep; undefined until a body has seen its first. */
  readonly #bodies = new Map<IncomingMessage, number | undefined>();
  readonly #timer: NodeJS.Timeout;
  readonly #bytesMin: number;

  constructor(counts: Counts, options: { readonly sweepMs?: number | undefined } = {}) {
    this.#counts = counts;
    const sweepMs = options.sweepMs ?? BODY_SWEEP_MS;
    this.#bytesMin = (BODY_BYTES_PER_SECOND_MIN * sweepMs) / 1000;
    this.#timer = setInterval(() => this.#sweep(), sweepMs);
    this.#timer.unref();
  }

  add(request: IncomingMessage): void {
    this.#bodies.set(request, undefined);
    request.once("close", () => this.#bodies.delete(request));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    for (const [request, before] of this.#bodies) {
      const now = request.socket.bytesRead;
      // A body that we ourselves hold back (a slow disk) is not the sender's fault.
      const isSlow = before !== undefined && now - before < this.#bytesMin;
      if (isSlow && !request.complete && request.readableLength === 0) {
        this.#counts.cutOff("slow-body");
        request.socket.destroy();
      } else {
        this.#bodies.set(request, now);
      }
    }
  }
}
