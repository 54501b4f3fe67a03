import type { Budget } from "../model/selection.ts";
import type { DetailLevel } from "./view-state.ts";

const LEVELS: Readonly<Record<"low" | "medium" | "high", Budget>> = {
  low: { points: 2000, edges: 800 },
  medium: { points: 5000, edges: 2000 },
  high: { points: 20_000, edges: 5000 },
};

/** Slower than this and it is felt; below the other there is room for more. */
const SLOW_MS = 60;
const FAST_MS = 18;
/** A window that was hidden, or a machine that slept, is no slow picture. */
const PAUSE_MS = 1000;
/** Less than this is no picture any more. */
const POINTS_MIN = 800;

/**
 * How much a picture may hold. Drawing without a graphics card starts low; whatever the card,
 * pictures that come too slowly are made simpler until they do not.
 */
export class FrameBudget {
  readonly software: boolean;
  #auto: Budget;
  readonly #most: Budget;
  #average = (SLOW_MS + FAST_MS) / 2;

  constructor(graphics: string) {
    this.software = /swiftshader|llvmpipe|softpipe|software|basic render/i.test(graphics);
    this.#most = this.software ? LEVELS.medium : LEVELS.high;
    this.#auto = this.#most;
  }

  at(level: DetailLevel): Budget {
    return level === "auto" ? this.#auto : LEVELS[level];
  }

  /** Milliseconds from one picture to the next while pictures follow each other. True: it changed. */
  note(frameMs: number): boolean {
    if (frameMs > PAUSE_MS) return false;
    this.#average += (frameMs - this.#average) * 0.2;
    const { points, edges } = this.#auto;
    if (this.#average > SLOW_MS && points > POINTS_MIN) {
      return this.#become(Math.max(POINTS_MIN, points * 0.7), edges * 0.7);
    }
    if (this.#average < FAST_MS && points < this.#most.points) {
      return this.#become(points * 1.3, edges * 1.3);
    }
    return false;
  }

  #become(points: number, edges: number): boolean {
    this.#average = (SLOW_MS + FAST_MS) / 2;
    this.#auto = {
      points: Math.min(this.#most.points, Math.round(points)),
      edges: Math.min(this.#most.edges, Math.round(edges)),
    };
    return true;
  }
}
