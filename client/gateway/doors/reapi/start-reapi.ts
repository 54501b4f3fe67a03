import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Access } from "../../access/access.ts";
import type { TlsIdentity } from "../../access/tls-identity.ts";
import type { Gateway } from "../../gateway.ts";
import * as limits from "../../limits.ts";
import { ConnectionGuard } from "../../connection-guard.ts";
import { actionCache } from "./action-cache.ts";
import { byteStream } from "./byte-stream.ts";
import { capabilities } from "./capabilities.ts";
import { contentStore } from "./content-store.ts";
import type { Method } from "./grpc-method.ts";
import { watched } from "./watched-call.ts";
import type { CallWatch } from "./watched-call.ts";
import { GrpcListener } from "./grpc-listener.ts";
import { HeldBytes } from "./held-bytes.ts";
import { health } from "./health.ts";

export interface ReapiOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Undefined: plain text. */
  readonly tls: TlsIdentity | undefined;
  readonly connectionCountMax?: number | undefined;
  readonly headerMsMax?: number | undefined;
  /** Tests only: how often slow uploads are looked for. */
  readonly bodySweepMs?: number | undefined;
  readonly heldBytesMax?: number | undefined;
}

export interface RunningReapi {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * The Remote Execution API's cache over gRPC, on a port of its own.
 * @throws QuorateError PORT_IN_USE, PORT_UNUSABLE
 */
export async function startReapi(
  options: ReapiOptions,
  gateway: Gateway,
  access: Access,
): Promise<RunningReapi> {
  const { counts } = gateway;
  const guard = new ConnectionGuard(
    options.connectionCountMax ?? limits.CONNECTION_COUNT_MAX,
    counts,
  );
  const held = new HeldBytes(guard, counts, {
    bytesMax: options.heldBytesMax,
    paceMs: options.bodySweepMs,
  });
  const server = new Server({
    "grpc.max_receive_message_length": limits.GRPC_MESSAGE_BYTES_MAX,
    "grpc.max_send_message_length": limits.GRPC_MESSAGE_BYTES_MAX,
    "grpc.max_concurrent_streams": limits.GRPC_CALL_COUNT_MAX,
    "grpc.max_connection_idle_ms": limits.GRPC_IDLE_MS_MAX,
    "grpc.enable_channelz": 0,
  });
  for (const methods of [actionCache, byteStream, capabilities, contentStore, health]) {
    addMethods(server, methods(access), { guard, held });
  }
  // The listener speaks TLS itself, where there is any: these would not hold to 1.3.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = await GrpcListener.open(options, { guard, counts }, (socket) =>
    injector.injectConnection(socket),
  );
  return {
    port: listener.port,
    async close() {
      held.close();
      injector.drain(limits.CLOSE_MS_MAX);
      await listener.close();
      server.forceShutdown();
    },
  };
}

function addMethods(server: Server, methods: readonly Method[], watch: CallWatch): void {
  const definitions: Record<string, Method["definition"]> = {};
  const handlers: UntypedServiceImplementation = {};
  for (const { definition, handle } of methods) {
    definitions[definition.path] = definition;
    handlers[definition.path] = watched({ definition, handle }, watch);
  }
  server.addService(definitions, handlers);
}
