import { equalBytes } from "../../base/bytes.ts";
import type { Hash, Hlc, ReplicaIndex, Sequence } from "../../base/types.ts";
import { memberKey, quorumOf } from "../../consensus/committee.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Crypto } from "../../consensus/crypto.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import { heartbeatCodec } from "../../consensus/wire/certificate.ts";
import type { Heartbeat, SignedHeartbeat } from "../../consensus/wire/certificate.ts";

/** One heartbeat whose signature holds under this committee, or undefined. */
export function provenHeartbeat(
  crypto: Crypto,
  committee: Committee,
  signed: SignedHeartbeat,
): Heartbeat | undefined {
  const heartbeat = heartbeatCodec.tryDecode(signed.heartbeat);
  const key = memberKey(committee, signed.author);
  if (heartbeat === undefined || key === undefined) return undefined;
  if (heartbeat.epoch !== committee.epoch) return undefined;
  const { clusterId, epoch } = committee;
  const message = signingBytes(DOMAIN.heartbeat, clusterId, epoch, signed.heartbeat);
  return crypto.verify(key, message, signed.signature) ? heartbeat : undefined;
}

export interface HeartbeatClaim {
  readonly sequence: Sequence;
  readonly stateRoot: Hash;
  /** The smallest of all. */
  readonly asOf: Hlc;
}

/** What a list of heartbeats says if its signatures hold: Q authors, ascending, of one root. */
export function claimOf(
  committee: Committee,
  heartbeats: readonly SignedHeartbeat[],
): HeartbeatClaim | undefined {
  if (heartbeats.length !== quorumOf(committee)) return undefined;
  let claim: HeartbeatClaim | undefined;
  let previous = -1;
  for (const { author, heartbeat: bytes } of heartbeats) {
    const heartbeat = heartbeatCodec.tryDecode(bytes);
    if (heartbeat === undefined || author <= previous) return undefined;
    previous = author;
    const { sequence, stateRoot, asOf } = heartbeat;
    if (claim === undefined) claim = { sequence, stateRoot, asOf };
    if (claim.sequence !== sequence || !equalBytes(claim.stateRoot, stateRoot)) return undefined;
    if (asOf < claim.asOf) claim = { ...claim, asOf };
  }
  return claim;
}

/**
 * A time near the clocks of correct replicas, out of one reading each: the (f+1)-th largest. At
 * most f may lie, so one correct clock is at or above it, and of Q readings enough are correct that
 * it is not below all of them.
 */
export function trustedTime(
  committee: Committee,
  readings: ReadonlyMap<ReplicaIndex, Hlc>,
): Hlc | undefined {
  if (readings.size < quorumOf(committee)) return undefined;
  const descending = [...readings.values()].sort((left, right) => (left < right ? 1 : -1));
  return descending[committee.faultyMax];
}
