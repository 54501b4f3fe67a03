import type { StepReport } from "./resolution.ts";
import type { TierName } from "./tier.ts";

export interface TierCounts {
  readonly found: number;
  readonly nothing: number;
  readonly failed: number;
  readonly ended: number;
  /** Claims that the kernel did not accept. */
  readonly refused: number;
}

/** What a resolver did, for metrics and tests. */
export class ResolverCounts {
  questions = 0;
  /** Of them, those that joined an equal one under way. */
  shared = 0;
  readonly #tiers = new Map<TierName, Record<keyof TierCounts, number>>();

  question(isNew: boolean): void {
    this.questions++;
    if (!isNew) this.shared++;
  }

  step({ tier, status, refused }: StepReport): void {
    let counts = this.#tiers.get(tier);
    if (counts === undefined) {
      this.#tiers.set(tier, (counts = { found: 0, nothing: 0, failed: 0, ended: 0, refused: 0 }));
    }
    counts[status]++;
    counts.refused += refused.length;
  }

  tier(name: TierName): TierCounts {
    return this.#tiers.get(name) ?? { found: 0, nothing: 0, failed: 0, ended: 0, refused: 0 };
  }
}
