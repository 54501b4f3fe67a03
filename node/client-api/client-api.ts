import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientServices } from "./client-services.ts";
import { onContested } from "./on-contested.ts";
import { onList } from "./on-list.ts";
import { onPolicy } from "./on-policy.ts";
import { onProbe } from "./on-probe.ts";
import { onRead } from "./on-read.ts";
import { onReadPast } from "./on-read-past.ts";
import { onRevocationTail } from "./on-revocation-tail.ts";
import { onStatus } from "./on-status.ts";
import { onSubmit } from "./on-submit.ts";

/** What a client may ask, each kind in a file of its own. Garbage ends the connection. */
export class ClientApi {
  readonly #services: ClientServices;

  constructor(services: ClientServices) {
    this.#services = services;
  }

  onFrame(client: ClientConnection, kind: FrameKind, body: Uint8Array): void {
    switch (kind) {
      case FRAME.submit:
        onSubmit(this.#services, client, body);
        break;
      case FRAME.read:
        onRead(this.#services, client, body);
        break;
      case FRAME.readPast:
        onReadPast(this.#services, client, body);
        break;
      case FRAME.list:
        onList(this.#services, client, body);
        break;
      case FRAME.subscribe:
        this.#services.subscribers.onSubscribe(client, body);
        break;
      case FRAME.probe:
        onProbe(this.#services, client, body);
        break;
      case FRAME.revocationTail:
        onRevocationTail(this.#services, client, body);
        break;
      case FRAME.status:
        onStatus(this.#services, client, body);
        break;
      case FRAME.policy:
        onPolicy(this.#services, client, body);
        break;
      case FRAME.contested:
        onContested(this.#services, client, body);
        break;
      default:
        client.cut("frame-of-no-use");
    }
  }
}
