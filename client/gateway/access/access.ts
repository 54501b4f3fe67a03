import { createHash, timingSafeEqual } from "node:crypto";
import { NAMESPACE_WILDCARD } from "../../../consensus/namespace.ts";
import type { Gateway } from "../gateway.ts";
import type { DenialReason } from "../outcome.ts";
import type { Route } from "../route.ts";
import type { GatewayView } from "./gateway-view.ts";
import { GuardedGateway } from "./guarded-gateway.ts";
import { Rates } from "./rates.ts";
import { NOBODY } from "./token-file.ts";
import type { Grant, Scope, TokenFile } from "./token-file.ts";

/** A token, or a user's name and password: a longer header is none. */
const CREDENTIALS_LENGTH_MAX = 4096;

/** What one caller may do at one door. */
export class Rights {
  readonly #grant: Grant;
  /** Why there is no more than this: what the caller brought, never what there is. */
  readonly #reason: DenialReason | "busy";

  constructor(grant: Grant, reason: DenialReason | "busy") {
    this.#grant = grant;
    this.#reason = reason;
  }

  /** Undefined: he may. */
  refusesRead(route: Pick<Route, "namespace" | "name">): DenialReason | "busy" | undefined {
    const { read, write } = this.#grant;
    return covers(read, route) || covers(write, route) ? undefined : this.#reason;
  }

  mayWrite(route: Pick<Route, "namespace" | "name">): boolean {
    return covers(this.#grant.write, route);
  }

  get writesAnything(): boolean {
    return this.#grant.write.length > 0;
  }

  /** Whether it was anybody known who asked. */
  get isKnown(): boolean {
    return this.#reason === "not-granted";
  }
}

/** Who may do what. Without a tokens file everybody who reaches the port may do everything. */
export class Access {
  readonly #file: TokenFile | undefined;
  readonly #gateway: Gateway;
  readonly #rates = new Rates();

  constructor(gateway: Gateway, file: TokenFile | undefined) {
    this.#gateway = gateway;
    this.#file = file;
  }

  /**
   * What the gateway is for one request; `authorization` is its header, Bearer or Basic. `address` is
   * whose it is where the request counts: who makes more of them than he may is answered nothing.
   */
  view(door: string, authorization: string | undefined, address?: string): GatewayView {
    if (this.#file === undefined) return this.#gateway;
    const presented = authorization === undefined ? undefined : tokensIn(authorization);
    const { grant, reason } = this.#granted(this.#file, presented);
    const caller = grant === this.#file.anonymous ? `from ${address}` : `token ${grant.name}`;
    const isTooMuch =
      address !== undefined && grant.rate !== undefined && !this.#rates.takes(caller, grant.rate);
    const rights = isTooMuch ? new Rights(NOBODY, "busy") : new Rights(atDoor(grant, door), reason);
    return new GuardedGateway(this.#gateway, rights, grant.writer);
  }

  /** Whether a token is one; without a tokens file every one is. */
  knows(token: string): boolean {
    return this.#file === undefined || this.#find([token]) !== undefined;
  }

  /** The same for a bare token. */
  viewOfToken(door: string, token: string | undefined): GatewayView {
    if (this.#file === undefined) return this.#gateway;
    const { grant, reason } = this.#granted(this.#file, token === undefined ? undefined : [token]);
    return new GuardedGateway(this.#gateway, new Rights(atDoor(grant, door), reason), grant.writer);
  }

  /** Undefined: there is nothing to tell apart. */
  rights(door: string, authorization: string | undefined): Rights | undefined {
    if (this.#file === undefined) return undefined;
    const presented = authorization === undefined ? undefined : tokensIn(authorization);
    const { grant, reason } = this.#granted(this.#file, presented);
    return new Rights(atDoor(grant, door), reason);
  }

  #granted(
    { anonymous }: TokenFile,
    presented: readonly string[] | undefined,
  ): { readonly grant: Grant; readonly reason: DenialReason } {
    if (presented === undefined) return { grant: anonymous, reason: "no-token" };
    const grant = this.#find(presented);
    // A token that is none does not make its bearer less than nobody.
    if (grant === undefined) return { grant: anonymous, reason: "wrong-token" };
    return { grant, reason: "not-granted" };
  }

  /** All are compared, each in constant time: how long it takes says nothing of which is near. */
  #find(presented: readonly string[]): Grant | undefined {
    let found: Grant | undefined;
    for (const text of presented) {
      const digest = createHash("sha256").update(text).digest();
      for (const token of this.#file?.tokens ?? []) {
        if (timingSafeEqual(digest, token.digest)) found ??= token;
      }
    }
    return found;
  }
}

function atDoor(grant: Grant, door: string): Grant {
  return grant.doors === undefined || grant.doors.has(door)
    ? grant
    : { ...NOBODY, name: grant.name };
}

function covers(scopes: readonly Scope[], route: Pick<Route, "namespace" | "name">): boolean {
  return scopes.some(
    ({ namespace, prefix }) =>
      (namespace === NAMESPACE_WILDCARD || namespace === route.namespace) &&
      route.name.startsWith(prefix),
  );
}

/** Of Basic credentials the password, or the user where there is no password. */
function tokensIn(authorization: string): readonly string[] {
  if (authorization.length > CREDENTIALS_LENGTH_MAX) return [];
  const space = authorization.indexOf(" ");
  const scheme = authorization.slice(0, space).toLowerCase();
  const rest = authorization.slice(space + 1).trim();
  if (scheme === "bearer") return [rest];
  if (scheme !== "basic") return [];
  const text = Buffer.from(rest, "base64").toString("utf8");
  const colon = text.indexOf(":");
  const password = colon < 0 ? "" : text.slice(colon + 1);
  return [password === "" ? text.slice(0, colon < 0 ? undefined : colon) : password];
}
