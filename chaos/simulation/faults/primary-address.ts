import { equalBytes } from "../../../base/bytes.ts";
import type { ReplicaProcess } from "../world/replica-process.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";

/** Of the newest epoch that somebody is in, and its highest view. */
export function primaryAddressOf(replicas: readonly SimulatedReplica[]): number | undefined {
  const isLater = (one: ReplicaProcess, other: ReplicaProcess | undefined): boolean => {
    if (other === undefined) return true;
    const [left, right] = [one.committee.epoch, other.committee.epoch];
    return left > right || (left === right && one.machine.status.view > other.machine.status.view);
  };
  let latest: ReplicaProcess | undefined;
  for (const { process } of replicas) {
    if (process !== undefined && isLater(process, latest)) latest = process;
  }
  const index = latest?.machine.status.primary;
  const key = index === undefined ? undefined : latest?.committee.members[index]?.publicKey;
  return replicas.find(({ signer }) => key && equalBytes(signer.publicKey, key))?.address;
}
