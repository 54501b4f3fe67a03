import { statusAnswerCodec, statusRequestCodec } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientServices } from "./client-services.ts";

export function onStatus(
  services: ClientServices,
  client: ClientConnection,
  body: Uint8Array,
): void {
  const request = statusRequestCodec.tryDecode(body);
  if (request === undefined) {
    client.cut("status-malformed");
    return;
  }
  const json = JSON.stringify(services.status());
  client.send(FRAME.statusAnswer, statusAnswerCodec.encode({ id: request.id, json }));
}
