import type { Prng } from "../../base/prng.ts";
import type { ChaosCluster } from "../cluster/chaos-cluster.ts";
import type { Ledger } from "../ledger/ledger.ts";

/** Where a fault acts: one cluster of its own, and the list of what was made for it. */
export interface Stage {
  readonly cluster: ChaosCluster;
  readonly ledger: Ledger;
  /** The schedule's chance: the same seed hurts the same places. */
  readonly prng: Prng;
}

/**
 * One way to hurt a cluster. An object is one occurrence: it remembers whom it hit, and heals that.
 *
 * 1. `prepare` comes before any replica starts, and only arranges.
 * 2. `heal` may come at any time, after a failed `inject` too, and twice.
 * 3. After `heal` every replica that was hit runs again; it need not have caught up.
 */
export interface Fault {
  readonly kind: string;
  /** Why it cannot be injected here; undefined: it can. */
  available(): string | undefined;
  prepare?(stage: Stage): Promise<void>;
  inject(stage: Stage): Promise<void>;
  heal(stage: Stage): Promise<void>;
  /** What was done to whom and by what means; after `inject`. */
  describe(): string;
  /** Whom it makes a liar: what these say of themselves counts for nothing. */
  readonly liars?: readonly number[];
  /** Shows that it really hit: a fault that touched nothing proves nothing. Undefined: it did. */
  missed?(stage: Stage): string | undefined;
  /** Own measurements, in milliseconds or counts. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** Whom: by the role at the moment of the injection, or by index. */
export type Target = "primary" | "backup" | "all" | "faulty-many" | readonly number[];

/** Indexes, ascending. */
export async function whom({ cluster, prng }: Stage, target: Target): Promise<readonly number[]> {
  if (typeof target !== "string") return target;
  const { indexes, committee } = cluster;
  if (target === "all") return indexes;
  const primary = await cluster.primary();
  if (target === "primary") return [primary];
  const backups = indexes.filter((index) => index !== primary);
  if (target === "backup") return [backups[prng.below(backups.length)]!];
  const first = prng.below(indexes.length);
  return indexes
    .filter((index) => (index - first + indexes.length) % indexes.length < committee.faultyMax)
    .sort((left, right) => left - right);
}

export function named(indexes: readonly number[]): string {
  return `replica${indexes.length === 1 ? "" : "s"} ${indexes.join(", ")}`;
}
