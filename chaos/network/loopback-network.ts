import { invariant } from "../../base/assert.ts";
import { freePorts } from "../../cluster/launcher/claim-ports.ts";
import { LOOPBACK } from "../../cluster/init/addresses.ts";
import type { Network } from "./network.ts";

/** For experiments that leave the network alone: nothing stands between two replicas. */
export async function openLoopbackNetwork(replicaCount: number): Promise<Network> {
  const ports = await freePorts(LOOPBACK, replicaCount);
  const seats = ports.map((port) => {
    const address = `${LOOPBACK}:${port}`;
    return { address, listen: address, prefix: [] };
  });
  const none = (): void => {
    invariant(false, "an experiment that shapes links says that it needs them", {});
  };
  return {
    tier: "loopback",
    how: "plain loopback",
    seats,
    shape: none,
    reset: none,
    clear: () => undefined,
    touchedCount: 0,
    close: () => Promise.resolve(),
  };
}
