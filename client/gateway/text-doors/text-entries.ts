import { isNamespace } from "../../../consensus/namespace.ts";
import { PLAIN_FORM } from "../entry-form.ts";
import type { Access } from "../access/access.ts";
import type { GatewayView } from "../access/gateway-view.ts";
import { TEXT_VALUE_BYTES_MAX } from "../limits.ts";
import type { PutOutcome } from "../outcome.ts";
import { doorRoute } from "../route.ts";
import type { DoorRoute } from "../route.ts";

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
    return this.#gateway.wholeBytes(route, TEXT_VALUE_BYTES_MAX).catch(() => undefined);
  }

  async exists(key: string): Promise<boolean> {
    const route = this.#route(key);
    const found = route && (await this.#gateway.exists(route).catch(() => undefined));
    return found?.status === "hit";
  }

  async set(key: string, value: Uint8Array): Promise<PutOutcome> {
    const route = this.#route(key);
    // The value is a part of what a connection holds, and stays longer.
    return route === undefined
      ? "malformed"
      : this.#gateway.putBytes(route, new Uint8Array(value)).catch((): PutOutcome => "failed");
  }

  async delete(key: string): Promise<boolean> {
    const route = this.#route(key);
    return route !== undefined && (await this.#gateway.delete(route)) === "withdrawn";
  }

  #route(key: string): DoorRoute | undefined {
    return doorRoute(this.#namespace, this.#nameOf(key), PLAIN_FORM);
  }
}
