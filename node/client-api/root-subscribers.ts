import { rootCodec, subscribeCodec } from "../../consensus/wire/connection.ts";
import { encodeFrame, FRAME } from "../../consensus/wire/frame.ts";
import type { CertifiedRoots } from "../host/certified-roots.ts";
import type { ClientConnection } from "./client-connection.ts";

/**
 * Who follows the newest certified root. At most one push a turn; a subscriber that has not read
 * its last push gets none, and the newest one when it has: roots are coalesced, never queued.
 */
export class RootSubscribers {
  readonly #roots: CertifiedRoots;
  readonly #subscribers = new Set<ClientConnection>();
  readonly #late = new Set<ClientConnection>();
  #dirty = false;

  constructor(roots: CertifiedRoots) {
    this.#roots = roots;
  }

  onSubscribe(client: ClientConnection, body: Uint8Array): void {
    const subscribe = subscribeCodec.tryDecode(body);
    if (subscribe === undefined) {
      client.cut("subscribe-malformed");
      return;
    }
    if (!subscribe.on) {
      this.#forget(client);
      return;
    }
    if (this.#subscribers.has(client)) return;
    this.#subscribers.add(client);
    client.onClosed(() => this.#forget(client));
    const bytes = this.#encode();
    if (bytes !== undefined) client.sendEncoded(FRAME.root, bytes);
  }

  /** There is a newer root, or newer heartbeats for it. */
  changed(): void {
    this.#dirty = true;
  }

  /** At the end of a turn, and of each tick for those who were late. */
  flush(): void {
    if (this.#subscribers.size === 0 || (!this.#dirty && this.#late.size === 0)) return;
    const bytes = this.#encode();
    if (bytes === undefined) return;
    for (const client of this.#dirty ? this.#subscribers : this.#late) {
      if (client.backlogged) {
        this.#late.add(client);
      } else {
        this.#late.delete(client);
        client.sendEncoded(FRAME.root, bytes);
      }
    }
    this.#dirty = false;
  }

  #encode(): Uint8Array | undefined {
    const root = this.#roots.newest;
    if (root === undefined) return undefined;
    const { certificate } = root;
    const { heartbeats } = this.#roots;
    return encodeFrame(FRAME.root, rootCodec.encode({ certificate, heartbeats }));
  }

  #forget(client: ClientConnection): void {
    this.#subscribers.delete(client);
    this.#late.delete(client);
  }
}
