import { QuorateError } from "../../base/quorate-error.ts";
import type { TierName } from "./tier.ts";

/**
 * read-write: the default.
 * read-only-enforcing: only what is known already; a miss is an error. For CI, which must not prove.
 * record: like read-write, and each answer is also kept in the recording.
 * replay: the recording alone; a miss is an error.
 * offline: no network, and no peers.
 */
export type ResolveMode = "read-write" | "read-only-enforcing" | "record" | "replay" | "offline";

export const RESOLVE_MODES: readonly ResolveMode[] = [
  ...(["read-write", "read-only-enforcing", "record", "replay", "offline"] as const),
];

export interface ModeRules {
  readonly tiers: ReadonlySet<TierName>;
  readonly publishes: boolean;
  readonly isMissAnError: boolean;
}

const ALL: readonly TierName[] = ["network", "peers", "local", "tier1", "tier2", "workers"];

export function rulesOf(mode: ResolveMode): ModeRules {
  switch (mode) {
    case "read-only-enforcing":
      return { tiers: setOf("network", "peers", "local"), publishes: false, isMissAnError: true };
    case "replay":
      return { tiers: setOf("local"), publishes: false, isMissAnError: true };
    case "offline":
      return { tiers: setOf("local", "tier1", "tier2"), publishes: true, isMissAnError: false };
    default:
      return { tiers: new Set(ALL), publishes: true, isMissAnError: false };
  }
}

function setOf(...names: readonly TierName[]): ReadonlySet<TierName> {
  return new Set(names);
}

/** The two customary orders; any other is a list of names. */
const ORDERS: ReadonlyMap<string, readonly TierName[]> = new Map([
  ["network-first", ALL],
  ["local-first", ["local", "network", "peers", "tier1", "tier2", "workers"]],
]);

/**
 * `network-first`, `local-first`, or names separated by commas.
 * @throws QuorateError ORDER_INVALID
 */
export function parseOrder(text: string): readonly TierName[] {
  const known = ORDERS.get(text);
  if (known !== undefined) return known;
  const names = text.split(",").map((name) => name.trim());
  const isTier = (name: string): name is TierName => (ALL as readonly string[]).includes(name);
  if (names.every(isTier) && new Set(names).size === names.length) return names;
  throw new QuorateError(
    "ORDER_INVALID",
    `"${text}" is no order of tiers`,
    `network-first, local-first, or some of ${ALL.join(",")}, each once`,
  );
}
