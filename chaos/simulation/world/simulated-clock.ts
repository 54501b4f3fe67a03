import { hlcFromMs } from "../../../base/hlc.ts";
import type { Hlc } from "../../../base/types.ts";
import { HybridClock } from "../../../node/clock.ts";
import type { World } from "./world.ts";

/** Virtual time 0 is this moment, milliseconds since 1970. */
export const EPOCH_MS = 1_700_000_000_000;

/** A machine's clocks over the world's: they run too fast or slow, and one of them jumps. */
export class SimulatedClock {
  readonly #world: World;
  /** Parts per million by which both run fast. */
  driftPpm = 0;
  /** How far the time of day is off, milliseconds. */
  offsetMs = 0;
  /** The last upper bound kept on disk; it survives everything but a wipe. */
  #bound = 0n as Hlc;
  #driftedMs = 0;
  #sinceMs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** The clock of one process; a restart begins where the bound lies. */
  start(): HybridClock {
    return new HybridClock({
      nowMs: () => this.wallMs(),
      monotonicMs: () => this.#localMs(),
      readBound: () => this.#bound,
      keepBound: (bound) => {
        this.#bound = bound;
      },
    });
  }

  wallMs(): number {
    return EPOCH_MS + this.#localMs() + this.offsetMs;
  }

  setDrift(ppm: number): void {
    this.#driftedMs += ((this.#world.nowMs - this.#sinceMs) * this.driftPpm) / 1e6;
    this.#sinceMs = this.#world.nowMs;
    this.driftPpm = ppm;
  }

  #localMs(): number {
    const { nowMs } = this.#world;
    return nowMs + this.#driftedMs + ((nowMs - this.#sinceMs) * this.driftPpm) / 1e6;
  }
}

/** The true time, which nobody inside has. */
export function trueHlc(world: World): Hlc {
  return hlcFromMs(EPOCH_MS + world.nowMs);
}
