import type { IncomingMessage } from "node:http";
import type { Counts } from "./counts.ts";
import { BODY_BYTES_PER_SECOND_MIN, BODY_SWEEP_MS } from "./limits.ts";

const TURN_MS = 10;
/** Judged in one turn: all that can be connected are, well within an interval. */
const LOOKS_A_TURN = 64;
/** Cut off in one turn: each costs as much as a request, and tools wait behind it. */
const CUT_OFFS_A_TURN = 4;

interface Judged {
  /** The timer's turn and what the socket had read by then. */
  readonly turn: number;
  readonly bytes: number;
}

/**
 * Cuts off bodies that come too slowly to be anything but a held connection. Each is judged over
 * whole intervals of its own, a few at a time, by one timer for all.
 */
export class BodyWatch {
  readonly #counts: Counts;
  /** In the order in which they are to be judged. */
  readonly #bodies = new Map<IncomingMessage, Judged>();
  readonly #sweepTurns: number;
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;

  constructor(counts: Counts, options: { readonly sweepMs?: number | undefined } = {}) {
    this.#counts = counts;
    this.#sweepTurns = Math.ceil((options.sweepMs ?? BODY_SWEEP_MS) / TURN_MS);
  }

  add(request: IncomingMessage): void {
    this.#begin(request);
    request.once("close", () => {
      this.#bodies.delete(request);
      if (this.#bodies.size === 0) this.close();
    });
    this.#timer ??= setInterval(() => this.#runTurn(), TURN_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #begin(request: IncomingMessage): void {
    this.#bodies.delete(request);
    this.#bodies.set(request, { turn: this.#turn, bytes: request.socket.bytesRead });
  }

  #runTurn(): void {
    this.#turn++;
    let looks = 0;
    let cutOffs = 0;
    for (const [request, since] of this.#bodies) {
      const isDue = this.#turn - since.turn >= this.#sweepTurns;
      if (!isDue || ++looks > LOOKS_A_TURN || cutOffs === CUT_OFFS_A_TURN) return;
      if (this.#isTooSlow(request, since)) {
        cutOffs++;
        this.#counts.cutOff("slow-body");
        this.#bodies.delete(request);
        request.socket.destroy();
      } else {
        this.#begin(request);
      }
    }
  }

  #isTooSlow(request: IncomingMessage, { turn, bytes }: Judged): boolean {
    // A body that we ourselves hold back (a slow disk) is not the sender's fault.
    if (request.complete || request.readableLength > 0) return false;
    const bytesMin = (BODY_BYTES_PER_SECOND_MIN * (this.#turn - turn) * TURN_MS) / 1000;
    return request.socket.bytesRead - bytes < bytesMin;
  }
}
