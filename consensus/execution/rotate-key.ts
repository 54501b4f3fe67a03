import { hlcAddMs, hlcFromMs, hlcMs } from "../../base/hlc.ts";
import type { Hash, PublicKey, Signature } from "../../base/types.ts";
import type { Committee } from "../committee.ts";
import { NOT_AFTER_MS_MAX } from "../limits.ts";
import { rotationBytes } from "../epochs/rotation.ts";
import { REVOKED_POLICY } from "../wire/rows.ts";
import type { WriterRow } from "../wire/rows.ts";
import { rotationCodec } from "../wire/rotation.ts";
import type { Administering } from "./administer.ts";
import type { ExecutionPoint } from "./executor.ts";
import * as outcomes from "./outcomes.ts";
import type { Sessions } from "./sessions.ts";

/** What a rotation needs beside what every operation on policy does. */
export interface Rotating extends Administering {
  readonly sessions: Sessions;
  /** Of the sequence that orders it. */
  readonly committee: Committee;
  readonly verify: (key: PublicKey, message: Uint8Array, signature: Signature) => boolean;
}

/**
 * L141: a writer hands its place to another key, which has signed for it; answers an OUTCOME_*. The
 * grants, the operator and an administrator's right go over; votes cast stay as they are, for they
 * are their operator's. From here on the old key is nobody's.
 *
 * 1. The successor is no writer yet and is not being revoked: no two rights are put together.
 * 2. Not sooner after the rotation before than write sets of the key before that could still be
 *    executed. So a key that comes back finds its old write sets expired, and what its sessions
 *    remembered may go: a writer that rotates for ever leaves no more rows than two keys have.
 */
export function rotateKey(
  encoded: Uint8Array,
  writer: WriterRow,
  { time }: ExecutionPoint,
  over: Rotating,
): number {
  const rotation = rotationCodec.tryDecode(encoded);
  if (rotation === undefined) return outcomes.OUTCOME_MALFORMED;
  const { epoch, successor, consent } = rotation;
  const { committee, policy, sessions } = over;
  if (!over.admitsKey(successor)) return outcomes.OUTCOME_KEY_REFUSED;
  if (over.revokedWriters.has(successor)) return outcomes.OUTCOME_BEING_REVOKED;
  if (policy.writer(successor) !== undefined) return outcomes.OUTCOME_KEY_TAKEN;
  // What was under way when an epoch ended is executed in the next one.
  const isOfNow = epoch === committee.epoch || epoch + 1 === committee.epoch;
  const keys = { predecessor: writer.writer, successor };
  const message = rotationBytes(committee.clusterId, epoch, keys);
  if (!isOfNow || !over.verify(successor, message, consent)) {
    return outcomes.OUTCOME_CONSENT_MISSING;
  }
  const { predecessor, rotatedMs } = writer;
  if (rotatedMs > 0 && time <= hlcAddMs(hlcFromMs(rotatedMs), NOT_AFTER_MS_MAX)) {
    return outcomes.OUTCOME_ROTATION_TOO_SOON;
  }
  if (predecessor !== undefined) sessions.dropEnded(predecessor, time);
  policy.deleteWriter(writer.writer);
  const row = { ...writer, writer: successor, predecessor: writer.writer };
  policy.setWriter({ ...row, rotatedMs: hlcMs(time) });
  const key = writer.writer as Uint8Array as Hash;
  over.revoke({ reason: REVOKED_POLICY, namespace: "", key });
  return outcomes.OUTCOME_ACCEPTED;
}
