import type { Epoch } from "../../../base/types.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";

/** `GET /chain/{epoch}` of a machine, by whoever has an address in the network. */
export function askChain(
  from: number,
  other: SimulatedReplica,
  epoch: Epoch,
  onAnswer: (links: readonly Uint8Array[]) => void,
): void {
  const { network, world } = other.surroundings;
  network.send(from, other.address, () => {
    other.whenAwake(() => {
      const links = other.shownChain(epoch);
      if (links === undefined) return;
      network.send(other.address, from, () => {
        for (const link of links) world.hash.bytes(link);
        onAnswer(links);
      });
    });
  });
}
