import { isNamespace } from "../../../consensus/namespace.ts";
import { PLAIN_FORM } from "../entry-form.ts";
import type { Access } from "../access/access.ts";
import type { GatewayView } from "../access/gateway-view.ts";
import { TEXT_VALUE_BYTES_MAX } from "../limits.ts";
import type { Miss, PutOutcome } from "../outcome.ts";
import { doorRoute } from "../route.ts";
import type { DoorRoute } from "../route.ts";
import { endingOfHit, endingOfMiss, endingOfWrite, tellOf } from "../tell-of.ts";
import type { Ending } from "../tell-of.ts";

/** Entries of one namespace for a protocol that knows keys and whole values only. Never throws. */
export class TextEntries {
  readonly #access: Access;
  readonly #door: string;
  #gateway: GatewayView;
  readonly #nameOf: (key: string) => string;
  #namespace: string;

  constructor(
    access: Access,
    at: { readonly door: string; readonly namespace: string },
    nameOf: (key: string) => string,
  ) {
    this.#access = access;
    this.#door = at.door;
    this.#namespace = at.namespace;
    this.#nameOf = nameOf;
    this.#gateway = access.viewOfToken(at.door, undefined);
  }

  /** False: the token is none, and what was is left as it was. */
  authenticate(token: string): boolean {
    if (!this.#access.knows(token)) return false;
    this.#gateway = this.#access.viewOfToken(this.#door, token);
    return true;
  }

  /** False: it can be none. */
  use(namespace: string): boolean {
    if (!isNamespace(namespace)) return false;
    this.#namespace = namespace;
    return true;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const route = this.#route(key);
    if (route === undefined) return undefined;
    const startMs = performance.now();
    const whole = this.#gateway.whole(route, TEXT_VALUE_BYTES_MAX);
    const found = await whole.catch((): Miss => ({ status: "miss", reason: "failed" }));
    const isHit = found.status === "hit";
    this.#tell("get", route, startMs, isHit ? endingOfHit(found.hit) : endingOfMiss(found));
    return isHit ? found.bytes : undefined;
  }

  async exists(key: string): Promise<boolean> {
    const route = this.#route(key);
    const found = route && (await this.#gateway.exists(route).catch(() => undefined));
    return found?.status === "hit";
  }

  async set(key: string, value: Uint8Array): Promise<PutOutcome> {
    const route = this.#route(key);
    if (route === undefined) return "malformed";
    const startMs = performance.now();
    // The value is a part of what a connection holds, and stays longer.
    const put = this.#gateway.putBytes(route, new Uint8Array(value));
    const outcome = await put.catch((): PutOutcome => "failed");
    this.#tell("set", route, startMs, endingOfWrite(outcome, value.length));
    return outcome;
  }

  async delete(key: string): Promise<boolean> {
    const route = this.#route(key);
    if (route === undefined) return false;
    const startMs = performance.now();
    const outcome = await this.#gateway.delete(route);
    this.#tell("delete", route, startMs, endingOfWrite(outcome, 0));
    return outcome === "withdrawn";
  }

  #tell(method: string, route: DoorRoute, startMs: number, ending: Ending): void {
    tellOf(this.#gateway, { door: this.#door, method, route, startMs }, ending);
  }

  #route(key: string): DoorRoute | undefined {
    return doorRoute(this.#namespace, this.#nameOf(key), PLAIN_FORM);
  }
}
