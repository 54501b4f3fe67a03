import { openLoopbackNetwork } from "./loopback-network.ts";
import type { Network } from "./network.ts";
import { ProxyNetwork } from "./proxy-network.ts";

/** Nothing stands between replicas unless an experiment hurts their links. */
export async function openNetwork({
  replicaCount,
  needsLinks,
  seed,
}: {
  readonly replicaCount: number;
  readonly needsLinks: boolean;
  readonly seed: number;
}): Promise<Network> {
  return needsLinks ? ProxyNetwork.open(replicaCount, seed) : openLoopbackNetwork(replicaCount);
}
