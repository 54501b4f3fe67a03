import type { LinkRule, Place } from "./link-rule.ts";

/** What the links between replicas and clients are made of. */
export type NetworkTier = "loopback" | "proxy" | "namespaces";

/** How a replica is reached, where it listens, and what stands before its command. */
export interface Seat {
  /** As it stands in cluster.json. */
  readonly address: string;
  readonly listen: string;
  /** Put before the replica's command: the way into its namespace. */
  readonly prefix: readonly string[];
}

/** The links of one cluster. Rules are for one direction. */
export interface Network {
  readonly tier: NetworkTier;
  /** How its faults are made, for people. */
  readonly how: string;
  readonly seats: readonly Seat[];
  shape(from: Place, to: Place, rule: LinkRule | undefined): void;
  /** Ends the connections that these two have. */
  reset(left: Place, right: Place): void;
  /** No rule is left. */
  clear(): void;
  /** Frames that the rules lost, doubled, kept back or damaged: a fault that hit nothing proves nothing. */
  readonly touchedCount: number;
  close(): Promise<void>;
}
