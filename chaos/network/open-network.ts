import type { Ledger } from "../ledger/ledger.ts";
import { openLoopbackNetwork } from "./loopback-network.ts";
import { NamespaceNetwork } from "./namespace-network.ts";
import type { Network, NetworkTier } from "./network.ts";
import { ProxyNetwork } from "./proxy-network.ts";

/** Of what links are made where an experiment hurts them. */
export type LinkTier = Exclude<NetworkTier, "loopback">;

/** Nothing stands between replicas unless an experiment hurts their links. */
export async function openNetwork({
  replicaCount,
  needsLinks,
  seed,
  tier = "proxy",
  ledger,
}: {
  readonly replicaCount: number;
  readonly needsLinks: boolean;
  readonly seed: number;
  readonly tier?: LinkTier;
  readonly ledger: Ledger;
}): Promise<Network> {
  if (!needsLinks) return openLoopbackNetwork(replicaCount);
  return tier === "proxy"
    ? ProxyNetwork.open(replicaCount, seed)
    : NamespaceNetwork.open(replicaCount, seed, ledger);
}
