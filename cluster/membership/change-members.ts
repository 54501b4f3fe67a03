import type { SigningKey } from "../../base/host/signing-key.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Client } from "../../client/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import { nextConfiguration, reconfigureOperation } from "./plan-configuration.ts";
import type { Configuration, MembershipChange } from "./plan-configuration.ts";

/** How often it is looked whether the new configuration has begun. */
const LOOK_MS = 50;

/**
 * Orders a change of members as the client's writer, an administrator, and resolves once the client
 * has followed the cluster into the configuration that came of it.
 *
 * @throws QuorateError MEMBERSHIP_INVALID, MEMBERSHIP_PENDING, and what the order is refused with
 */
export async function changeMembers(
  client: Client,
  current: Committee,
  change: MembershipChange,
  options: {
    readonly joining: readonly SigningKey[];
    readonly deadlineMs: number;
    /** It is decided: it will begin, whether it is waited for or not. */
    readonly onDecided: () => void;
  },
): Promise<Configuration> {
  const next = nextConfiguration(current, change);
  const order = reconfigureOperation(current, next, options.joining);
  await client.administer("", order, { deadlineMs: options.deadlineMs });
  options.onDecided();
  const endMs = performance.now() + options.deadlineMs;
  while (client.status().epoch < next.epoch) {
    if (performance.now() > endMs) throw pending(next);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return next;
}

function pending({ epoch, members, faultyMax }: Configuration): QuorateError {
  return new QuorateError(
    "MEMBERSHIP_PENDING",
    `epoch ${epoch} (${members.length} members, f ${faultyMax}) is decided and has not begun in time`,
    "it begins by itself once a quorum of the old and of the new members can talk; see `quorate member list`",
  );
}
