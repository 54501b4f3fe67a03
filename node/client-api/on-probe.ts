import { probeAnswerCodec, probeCodec } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { ClientConnection } from "./client-connection.ts";
import type { ClientServices } from "./client-services.ts";

/**
 * This replica's own heartbeat over the reader's nonce, at the newest state that it has stated. A
 * signature is asked for, so it counts against the client's budget like a check.
 */
export function onProbe(
  services: ClientServices,
  client: ClientConnection,
  body: Uint8Array,
): void {
  const probe = probeCodec.tryDecode(body);
  if (probe === undefined) {
    client.cut("probe-malformed");
    return;
  }
  const allowed = client.takeVerification(services.monotonicMs());
  if (!allowed) services.figures.drops.add("probe-over-budget");
  const heartbeat = allowed ? services.signHeartbeat(probe.nonce) : undefined;
  client.send(FRAME.probeAnswer, probeAnswerCodec.encode({ id: probe.id, heartbeat }));
}
