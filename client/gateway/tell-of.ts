import type { GatewayView } from "./access/gateway-view.ts";
import type { Hit, Miss, PutOutcome, DeleteOutcome } from "./outcome.ts";
import type { DoorRoute } from "./route.ts";
import type { Told } from "./traffic.ts";

/** How a request ended. */
export type Ending = Pick<Told, "outcome" | "reason" | "detail" | "certainty" | "level" | "bytes">;

/** Which door a request came by, and by the protocol's own word for it. */
export interface Call {
  readonly door: string;
  readonly method: string;
  readonly route: DoorRoute;
  /** By a clock that is never set. */
  readonly startMs: number;
}

/** Says in the log, the counts and to whoever asks why, how one request for an entry ended. */
export function tellOf(gateway: GatewayView, call: Call, ending: Ending): void {
  const { door, method, route, startMs } = call;
  gateway.traffic.tell({
    atMs: Date.now(),
    door,
    method,
    namespace: route.namespace,
    key: route.name,
    ...ending,
    ms: performance.now() - startMs,
  });
}

export function endingOfHit({ certainty, level, size }: Hit): Ending {
  return { outcome: "hit", certainty, level, bytes: size };
}

export function endingOfMiss({ reason, detail }: Pick<Miss, "reason" | "detail">): Ending {
  return { outcome: "miss", reason, detail, bytes: 0 };
}

/** `bytes` of the value that came, whatever became of it. */
export function endingOfWrite(outcome: PutOutcome | DeleteOutcome, bytes: number): Ending {
  return { outcome, bytes };
}
