import { compareBytes, equalBytes } from "../../base/bytes.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Epoch, PublicKey } from "../../base/types.ts";
import { faultyMaxAtGenesis } from "../../consensus/committee.ts";
import type { Committee, Member } from "../../consensus/committee.ts";
import { membershipBytes } from "../../consensus/epochs/consent.ts";
import { REPLICA_COUNT_MIN } from "../../consensus/limits.ts";
import { reconfigurationCodec } from "../../consensus/wire/configuration.ts";
import { ADMINISTRATION_RECONFIGURE } from "../../consensus/wire/write-set.ts";
import type { AdministrationParts } from "../../consensus/wire/write-set.ts";

/** A change of members, as a person asks for it. */
export interface MembershipChange {
  readonly add: readonly Member[];
  /** Keys of members that leave. */
  readonly remove: readonly PublicKey[];
  /** f of the next configuration; undefined: kept, or raised to what the members then allow. */
  readonly faultyMax: number | undefined;
}

export interface Configuration {
  readonly epoch: Epoch;
  readonly members: readonly Member[];
  readonly faultyMax: number;
}

/**
 * The configuration that follows. Who stays keeps his order; a new member takes the place of one
 * that leaves at its address, or comes last.
 *
 * @throws QuorateError MEMBERSHIP_INVALID
 */
export function nextConfiguration(current: Committee, change: MembershipChange): Configuration {
  const isLeaving = (member: Member): boolean =>
    change.remove.some((key) => equalBytes(key, member.publicKey));
  const missing = change.remove.filter(
    (key) => !current.members.some(({ publicKey }) => equalBytes(publicKey, key)),
  );
  if (missing.length > 0) throw invalid("a key to remove is not a member's");
  const added = [...change.add];
  const members = current.members.flatMap((member) => {
    if (!isLeaving(member)) return [member];
    const successor = added.findIndex(({ address }) => address === member.address);
    return successor < 0 ? [] : added.splice(successor, 1);
  });
  members.push(...added);
  if (members.length < REPLICA_COUNT_MIN) {
    throw invalid(`a cluster has at least ${REPLICA_COUNT_MIN} members`);
  }
  // Never lowered unasked: who is removed may be one of the f that lie.
  const allowed = Math.max(current.faultyMax, faultyMaxAtGenesis(members.length));
  const faultyMax = change.faultyMax ?? allowed;
  const keys = members.map(({ publicKey }) => publicKey).sort(compareBytes);
  if (keys.some((key, index) => index > 0 && equalBytes(key, keys[index - 1]!))) {
    throw invalid("a key would be a member twice");
  }
  if (new Set(members.map(({ address }) => address)).size !== members.length) {
    throw invalid("two members would have one address");
  }
  if (members.length < 2 * faultyMax + 1) {
    throw invalid(`${members.length} members cannot bear ${faultyMax} faulty ones`);
  }
  return { epoch: (current.epoch + 1) as Epoch, members, faultyMax };
}

/**
 * The operation that an administrator orders, with the word of each key that joins, and of one that
 * hands its place on.
 */
export function reconfigureOperation(
  current: Committee,
  next: Configuration,
  joining: readonly Pick<SigningKey, "publicKey" | "sign">[],
): AdministrationParts {
  const message = membershipBytes(current.clusterId, next);
  const consents = joining
    .map((key) => ({ publicKey: key.publicKey, signature: key.sign(message) }))
    .sort((left, right) => compareBytes(left.publicKey, right.publicKey));
  const reconfiguration = reconfigurationCodec.encode({ ...next, consents });
  return { action: ADMINISTRATION_RECONFIGURE, reconfiguration };
}

function invalid(why: string): QuorateError {
  return new QuorateError(
    "MEMBERSHIP_INVALID",
    why,
    "see `quorate member list`, and name members by index or key",
  );
}
