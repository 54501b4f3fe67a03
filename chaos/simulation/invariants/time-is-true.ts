import { hlcMs } from "../../../base/hlc.ts";
import {
  heartbeatCodec,
  SIGNED_HEARTBEAT,
  signedCodec,
} from "../../../consensus/wire/certificate.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import { EPOCH_MS } from "../world/simulated-clock.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";

/** ε of the protocol and as much again for clocks that are off within what a correct one may be. */
const AHEAD_MS_MAX = 500 + 300;
/**
 * A replica's clock never gives the same or an earlier value again, restarts included; agreed time
 * is strictly monotone and never ahead of the true time by more than ε and what clocks are off.
 */
export function timeIsTrue({ world }: CheckerFrame): Checker {
  const name = "time is true";
  const lastHlc = new Map<SimulatedReplica, bigint>();
  const agreed = new Map<number, bigint>();
  let highest = 0;
  return {
    name,
    step(replica, _input, outputs) {
      const last = lastHlc.get(replica);
      const stamp = replica.process?.clock.hlc();
      if (stamp !== undefined) {
        const isLater = last === undefined || stamp > last;
        demand(isLater, name, () => `${replica.name}'s clock went back`);
        lastHlc.set(replica, stamp);
      }
      if (!isBound(replica)) return;
      for (const output of outputs) {
        if (output.type !== "executed") continue;
        const { sequence, agreedTime } = output;
        if (agreed.has(sequence)) continue;
        agreed.set(sequence, agreedTime);
        const before = agreed.get(sequence - 1);
        demand(before === undefined || agreedTime > before, name, () => `${sequence} is not later`);
        if (sequence < highest) continue;
        highest = sequence;
        const ahead = hlcMs(agreedTime) - EPOCH_MS - world.nowMs;
        demand(
          ahead <= AHEAD_MS_MAX,
          name,
          () => `agreed time of ${sequence} is ${ahead} ms ahead`,
        );
      }
    },
    send(replica, _to, kind, body) {
      if (!isBound(replica) || kind !== FRAME.signed) return;
      const signed = signedCodec.decode(body);
      if (signed.type !== SIGNED_HEARTBEAT || signed.author !== replica.index) return;
      const { asOf } = heartbeatCodec.decode(signed.body);
      const last = lastHlc.get(replica);
      demand(last === undefined || asOf <= last, name, () => "a heartbeat from the future");
    },
  };
}
