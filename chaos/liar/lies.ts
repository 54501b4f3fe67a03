import type { ForgedNames } from "./forger.ts";

/** Every lie that the liar of `run-lying-replica.ts` knows, by where it is told. */
const READ_LIES = [
  "forged-receipt",
  "wrong-value",
  "old-answer",
  "forged-proof",
  "wrong-row",
  "old-certificate",
  "denied",
] as const;

export type ReadLie = (typeof READ_LIES)[number];

export type Lie =
  | ReadLie
  | "equivocation"
  | "wrong-statement"
  | "old-root"
  | "forged-root"
  | "forged-execution"
  | "false-refusal"
  | "false-floor"
  | "wrong-bytes";

/** What to lie about. A test changes it while the replica runs. */
export interface LiePlan {
  /** As primary: "one" backup gets another batch than the rest, or "each" a batch of its own. */
  equivocation: "one" | "each" | undefined;
  /** Another state root under every second statement. */
  statements: boolean;
  /** Told in turn. */
  reads: readonly ReadLie[];
  /** Under forged certificates; absent: those of others. */
  names?: ForgedNames;
  /** What follows the newest root is told: the oldest one, or one that nobody certified. */
  roots: "old" | "forged" | undefined;
  submits: "forged-execution" | "false-refusal" | undefined;
  /** The wrong sequence, truly signed, over a reader's nonce. */
  probes: boolean;
  blobs: boolean;
}

/** The truth, the whole truth. */
export const SAYS_NO_LIE: LiePlan = {
  equivocation: undefined,
  statements: false,
  reads: [],
  names: "of-others",
  roots: undefined,
  submits: undefined,
  probes: false,
  blobs: false,
};

export function everyLie(): LiePlan {
  return {
    equivocation: "one",
    statements: true,
    reads: READ_LIES,
    names: "of-others",
    roots: "old",
    submits: "forged-execution",
    probes: true,
    blobs: true,
  };
}

/** How often each lie left the replica: a test of a lie that was never told proves nothing. */
export class LiesTold {
  readonly #counts = new Map<Lie, number>();

  add(lie: Lie): void {
    this.#counts.set(lie, this.of(lie) + 1);
  }

  get sum(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  of(lie: Lie): number {
    return this.#counts.get(lie) ?? 0;
  }
}
