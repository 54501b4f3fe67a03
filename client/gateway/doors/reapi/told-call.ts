import { endingOfHit, endingOfMiss, endingOfWrite, tellOf } from "../../tell-of.ts";
import type { GatewayView } from "../../access/gateway-view.ts";
import type { Hit, MissReason, PutOutcome } from "../../outcome.ts";
import type { DoorRoute } from "../../route.ts";

/** As the counts and the access log name this door. */
const DOOR = "reapi";

/** Tells once how a call for one entry ended, as the doors over HTTP do. */
export class ToldCall {
  readonly #gateway: GatewayView;
  readonly #call: { readonly method: string; readonly route: DoorRoute; readonly startMs: number };

  constructor(gateway: GatewayView, method: string, route: DoorRoute) {
    this.#gateway = gateway;
    this.#call = { method, route, startMs: performance.now() };
  }

  hit(hit: Hit): void {
    tellOf(this.#gateway, { door: DOOR, ...this.#call }, endingOfHit(hit));
  }

  miss(reason: MissReason, detail?: string): void {
    const missed = detail === undefined ? { reason } : { reason, detail };
    tellOf(this.#gateway, { door: DOOR, ...this.#call }, endingOfMiss(missed));
  }

  write(outcome: PutOutcome, bytes: number): void {
    tellOf(this.#gateway, { door: DOOR, ...this.#call }, endingOfWrite(outcome, bytes));
  }
}
