import type { ReplicaIndex } from "../../base/types.ts";
import type { CheckedRemoval } from "../checked.ts";
import { quorumOf } from "../committee.ts";
import type { CommitteeSize } from "../committee.ts";
import { REPLICA_COUNT_MIN } from "../limits.ts";
import { refuse, Refusal } from "../refusal.ts";
import type { ReceivedSigned } from "../replica/input.ts";
import { isAscending, takeSignedApart } from "../take-apart.ts";
import type { Removal, Suspicion } from "../wire/removal.ts";

/**
 * Whether the cluster bears more further failures once these silent members are gone: the spare
 * n′ − Q′ of those who stay against (n − k) − Q while the silent still count. f stays what it is:
 * who is silent need not be one of those that lie. So removals come in groups (of n = 10, f = 3: two
 * or three at once), and a cluster of 3f+1 = 4 never shrinks.
 */
export function raisesSpare(current: CommitteeSize, removedCount: number): boolean {
  const { faultyMax } = current;
  const staying = current.members.length - removedCount;
  if (removedCount < 1 || staying < REPLICA_COUNT_MIN || staying < 2 * faultyMax + 1) return false;
  const spare = staying - quorumOf({ members: { length: staying }, faultyMax });
  return spare > staying - quorumOf(current);
}

/** A removal taken apart: what each author signed is of the right form, and nothing is verified. */
export interface RemovalParts {
  readonly checked: CheckedRemoval;
  readonly suspicions: readonly ReceivedSigned<Suspicion>[];
}

/**
 * 1. Suspicions of one epoch, by distinct authors in ascending order.
 * 2. Each names every member that is to leave, and no such member is an author.
 */
export function takeRemovalApart({ members, suspicions }: Removal): RemovalParts | Refusal {
  if (!isAscending(members)) return refuse("removal's members");
  const taken: ReceivedSigned<Suspicion>[] = [];
  for (const signed of suspicions) {
    const parts = takeSignedApart(signed);
    if (parts instanceof Refusal) return parts;
    if (parts.type !== "suspicion") return refuse("removal without suspicions");
    const { author, message } = parts.received;
    const isNext = author > (taken.at(-1)?.author ?? -1);
    if (!isNext || members.includes(author)) return refuse("removal's authors");
    if (message.epoch !== (taken[0]?.message.epoch ?? message.epoch)) {
      return refuse("removal of two epochs");
    }
    if (!members.every((member) => message.members.includes(member))) {
      return refuse("removal of somebody who is not suspected");
    }
    taken.push(parts.received);
  }
  const first = taken[0];
  if (first === undefined) return refuse("removal without suspicions");
  let { asOf } = first.message;
  for (const { message } of taken) if (message.asOf < asOf) asOf = message.asOf;
  const { epoch } = first.message;
  const indexes = [...members].map((member) => member as ReplicaIndex);
  return { checked: { epoch, members: indexes, asOf }, suspicions: taken };
}

/** What else a removal must be in its own configuration, signatures apart. */
export function faultOfRemoval(current: CommitteeSize, parts: RemovalParts): string | undefined {
  const { checked, suspicions } = parts;
  if (suspicions.length !== quorumOf(current)) return "removal without a quorum";
  const count = current.members.length;
  if (suspicions.some(({ author }) => author >= count)) return "removal's authors";
  if (checked.members.some((member) => member >= count)) return "removal's members";
  return raisesSpare(current, checked.members.length) ? undefined : "removal that raises no spare";
}
