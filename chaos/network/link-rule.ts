/** What happens to the frames of one link, in one direction. */
export interface LinkRule {
  /** Nothing passes. */
  readonly cut?: boolean;
  readonly delayMs?: number;
  /** Uniform around the delay. */
  readonly jitterMs?: number;
  /** Shares of all frames, 0 to 1. */
  readonly lossShare?: number;
  readonly duplicateShare?: number;
  /** Kept back so that later ones pass them. */
  readonly reorderShare?: number;
  /** One bit is turned. */
  readonly corruptShare?: number;
  readonly bytesPerSecond?: number;
}

/** A replica by its index, or where the clients are. */
export type Place = number | "clients";

/** How long a frame is kept back to be passed by others. */
const REORDER_MS = 20;

interface Chance {
  chance(probability: number): boolean;
  below(bound: number): number;
}

/** One copy of a frame that leaves. */
export interface Passage {
  /** From now. */
  readonly afterMs: number;
  readonly corrupt: boolean;
}

/**
 * One direction of one link. Decides by its own stream of chance, so that what happens to one link
 * moves nothing on another. Without reordering frames leave in the order in which they came.
 */
export class LinkShaper {
  rule: LinkRule | undefined;
  readonly #random: Chance;
  /** When the last one in line leaves, and when the line is free again. */
  #lastMs = 0;
  #freeMs = 0;

  constructor(random: Chance) {
    this.#random = random;
  }

  /** How a frame of this size passes: not at all, once or twice. */
  pass(bytes: number, nowMs: number): readonly Passage[] {
    const { rule } = this;
    if (rule === undefined) return [{ afterMs: Math.max(0, this.#lastMs - nowMs), corrupt: false }];
    if (rule.cut === true || this.#random.chance(rule.lossShare ?? 0)) return [];
    const copies = this.#random.chance(rule.duplicateShare ?? 0) ? 2 : 1;
    return Array.from({ length: copies }, () => ({
      afterMs: this.#leaves(rule, bytes, nowMs) - nowMs,
      corrupt: this.#random.chance(rule.corruptShare ?? 0),
    }));
  }

  #leaves(rule: LinkRule, bytes: number, nowMs: number): number {
    const { delayMs = 0, jitterMs = 0, bytesPerSecond = Infinity } = rule;
    this.#freeMs = Math.max(this.#freeMs, nowMs) + (bytes * 1000) / bytesPerSecond;
    const jitter = jitterMs === 0 ? 0 : this.#random.below(2 * jitterMs) - jitterMs;
    const leaves = this.#freeMs + Math.max(0, delayMs + jitter);
    if (this.#random.chance(rule.reorderShare ?? 0)) return leaves + REORDER_MS;
    this.#lastMs = Math.max(this.#lastMs, leaves);
    return this.#lastMs;
  }
}
