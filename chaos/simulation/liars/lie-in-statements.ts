import { hlcAddMs } from "../../../base/hlc.ts";
import type { Sequence } from "../../../base/types.ts";
import {
  SIGNED_HEARTBEAT,
  SIGNED_STATEMENT,
  heartbeatCodec,
  signedCodec,
  statementCodec,
} from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { Strategy } from "./liar.ts";

/** Statements of roots that nobody came to, and of times that nobody agreed on: two at a time. */
export const lieInStatements: Strategy = {
  name: "lie-in-statements",
  send(frame, liar) {
    if (frame.kind !== FRAME.signed || !liar.prng.chance(0.5)) return [frame];
    const signed = signedCodec.tryDecode(frame.body);
    if (signed?.type !== SIGNED_STATEMENT || signed.author !== liar.index) return [frame];
    const statement = statementCodec.tryDecode(signed.body);
    if (statement === undefined) return [frame];
    const lie = liar.prng.chance(0.5)
      ? { ...statement, stateRoot: liar.hash(statement.stateRoot) }
      : { ...statement, sequence: (statement.sequence + 1) as Sequence };
    const body = liar.signed(SIGNED_STATEMENT, statementCodec.encode(lie));
    return liar.prng.chance(0.5) ? [{ ...frame, body }] : [frame, { ...frame, body }];
  },
};

/** Heartbeats from the future, of sequences that nobody has executed, or of long ago. */
export const lieInHeartbeats: Strategy = {
  name: "lie-in-heartbeats",
  send(frame, liar) {
    if (frame.kind !== FRAME.signed) return [frame];
    const signed = signedCodec.tryDecode(frame.body);
    if (signed?.type !== SIGNED_HEARTBEAT || signed.author !== liar.index) return [frame];
    const heartbeat = heartbeatCodec.tryDecode(signed.body);
    if (heartbeat === undefined) return [frame];
    const { sequence, asOf } = heartbeat;
    const lies = [
      { ...heartbeat, sequence: (sequence + 500) as Sequence },
      { ...heartbeat, sequence: Math.max(0, sequence - 10) as Sequence },
      { ...heartbeat, asOf: hlcAddMs(asOf, 3_600_000) },
      { ...heartbeat, stateRoot: liar.hash(heartbeat.stateRoot) },
    ];
    const lie = lies[liar.prng.below(lies.length)] ?? heartbeat;
    return [{ ...frame, body: liar.signed(SIGNED_HEARTBEAT, heartbeatCodec.encode(lie)) }];
  },
};
