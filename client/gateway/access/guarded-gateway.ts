import type { IncomingMessage } from "node:http";
import { miss } from "../cluster-fetch.ts";
import type { Counts } from "../counts.ts";
import type { TakenBody } from "../entry-form.ts";
import type { Gateway, GatewaySettings } from "../gateway.ts";
import type {
  DeleteOutcome,
  Exists,
  ExistsOutcome,
  GetOutcome,
  Hit,
  Miss,
  PutOutcome,
} from "../outcome.ts";
import type { DoorRoute, Route } from "../route.ts";
import type { Traffic } from "../traffic.ts";
import type { WriterName } from "../writer-keys.ts";
import type { Rights } from "./access.ts";
import type { GatewayView } from "./gateway-view.ts";

/**
 * The gateway for one caller. What he may not read is a miss before anything is asked, so neither
 * answer nor time nor cluster tells whether it exists; that bytes are shared by digest inside the
 * cache tells him nothing, for every look begins at an entry.
 */
export class GuardedGateway implements GatewayView {
  readonly #gateway: Gateway;
  readonly #rights: Rights;
  readonly #writer: WriterName;

  constructor(gateway: Gateway, rights: Rights, writer: WriterName) {
    this.#gateway = gateway;
    this.#rights = rights;
    this.#writer = writer;
  }

  get counts(): Counts {
    return this.#gateway.counts;
  }

  get traffic(): Traffic {
    return this.#gateway.traffic;
  }

  get settings(): GatewaySettings {
    const { settings } = this.#gateway;
    const hasKey = !settings.readOnly || this.#writer !== undefined;
    return { ...settings, readOnly: !hasKey || !this.#rights.writesAnything };
  }

  lookLocally(route: DoorRoute): Hit | undefined {
    return this.#rights.refusesRead(route)
      ? undefined
      : this.#gateway.lookLocally(route, this.#writer);
  }

  lookFurther(route: DoorRoute): Promise<GetOutcome> {
    return this.#read(route, () => this.#gateway.lookFurther(route));
  }

  whole(route: DoorRoute, bytesMax: number): ReturnType<Gateway["whole"]> {
    return this.#read(route, () => this.#gateway.whole(route, bytesMax, this.#writer));
  }

  async wholeBytes(route: DoorRoute, bytesMax?: number): Promise<Uint8Array | undefined> {
    if (this.#rights.refusesRead(route) !== undefined) return undefined;
    return this.#gateway.wholeBytes(route, bytesMax, this.#writer);
  }

  exists(route: DoorRoute): Promise<ExistsOutcome> {
    return this.#read(route, () => this.#gateway.exists(route, this.#writer));
  }

  existsLocally(route: DoorRoute): Exists | undefined {
    return this.#rights.refusesRead(route)
      ? undefined
      : this.#gateway.existsLocally(route, this.#writer);
  }

  refusesWrite(route: Route): "read-only" | "denied" | undefined {
    if (this.#rights.mayWrite(route)) return this.#gateway.refusesWrite(route, this.#writer);
    // Who may read there hears what a read-only gateway says; another, that he is nobody.
    return this.#rights.refusesRead(route) === undefined ? "read-only" : "denied";
  }

  async put(route: DoorRoute, request: IncomingMessage): Promise<PutOutcome> {
    const refused = this.refusesWrite(route);
    return refused === undefined
      ? this.#gateway.put(route, request, this.#writer)
      : this.#gateway.discard(request, refused);
  }

  putBody(route: DoorRoute, body: TakenBody, isCutOff?: () => boolean): Promise<PutOutcome> {
    return this.#write(route, () => this.#gateway.putBody(route, body, isCutOff, this.#writer));
  }

  putBytes(route: DoorRoute, bytes: Uint8Array): Promise<PutOutcome> {
    return this.#write(route, () => this.#gateway.putBytes(route, bytes, this.#writer));
  }

  async delete(route: Route): Promise<DeleteOutcome> {
    const refused = this.refusesWrite(route);
    if (refused === undefined) return this.#gateway.delete(route, this.#writer);
    this.counts.delete(refused);
    return refused;
  }

  async #read<T>(route: Route, look: () => Promise<T | Miss>): Promise<T | Miss> {
    const reason = this.#rights.refusesRead(route);
    if (reason === undefined) return look();
    this.counts.miss(reason);
    return miss(reason);
  }

  async #write(route: Route, put: () => Promise<PutOutcome>): Promise<PutOutcome> {
    const refused = this.refusesWrite(route);
    if (refused === undefined) return put();
    this.counts.put(refused);
    return refused;
  }
}
