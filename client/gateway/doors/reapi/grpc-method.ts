import { Metadata, status } from "@grpc/grpc-js";
import type {
  MethodDefinition,
  sendUnaryData,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
} from "@grpc/grpc-js";
import { MalformedMessage } from "../../../../proof/digest/remote-execution/protobuf-field.ts";
import type { Access } from "../../access/access.ts";
import type { GatewayView } from "../../access/gateway-view.ts";
import { isDenial } from "../../outcome.ts";
import type { MissReason } from "../../outcome.ts";

/** How a call ends that does not end well. Its text is for people; its trailers for tests and them. */
export class GrpcRefusal extends Error {
  override readonly name = "GrpcRefusal";
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;

  constructor(code: status, details: string, trailers: Readonly<Record<string, string>> = {}) {
    super(details);
    this.code = code;
    this.details = details;
    this.metadata = new Metadata();
    for (const [key, value] of Object.entries(trailers)) this.metadata.set(key, value);
  }
}

/** A miss has one look, whatever its reason; who may not ask hears what he brought, and no more. */
export function missing(reason: MissReason): GrpcRefusal {
  const trailers = { "x-quorate-miss": reason };
  if (!isDenial(reason)) return new GrpcRefusal(status.NOT_FOUND, "miss", trailers);
  const code = reason === "not-granted" ? status.PERMISSION_DENIED : status.UNAUTHENTICATED;
  return new GrpcRefusal(code, `denied: ${reason}`, trailers);
}

/** Messages stay bytes: what they are is judged in the handler, where a refusal has its words. */
type Raw = Buffer;

export type UnaryCall = ServerUnaryCall<Raw, Raw>;
export type ReadStream = ServerReadableStream<Raw, Raw>;
export type WriteStream = ServerWritableStream<Raw, Raw>;

function definition(path: string, streams: "none" | "request" | "response"): Definition {
  return {
    path,
    requestStream: streams === "request",
    responseStream: streams === "response",
    requestSerialize: (bytes) => bytes,
    requestDeserialize: (bytes) => bytes,
    responseSerialize: (bytes) => bytes,
    responseDeserialize: (bytes) => bytes,
  };
}

export type Definition = MethodDefinition<Raw, Raw>;

/** One method of a service: how it is called, and what answers. */
export interface Method {
  readonly definition: Definition;
  readonly handle:
    | ((call: UnaryCall, callback: sendUnaryData<Raw>) => void)
    | ((call: ReadStream, callback: sendUnaryData<Raw>) => void)
    | ((call: WriteStream) => void);
}

export interface Terms {
  readonly access: Access;
  /** What a surprise becomes: no tool ever sees a server's failure. */
  readonly otherwise: status;
}

/** `answer` ends with the response, or throws GrpcRefusal or MalformedMessage. */
export function unary(
  path: string,
  terms: Terms,
  answer: (gateway: GatewayView, request: Uint8Array, call: UnaryCall) => Promise<Uint8Array>,
): Method {
  return {
    definition: definition(path, "none"),
    handle: (call: UnaryCall, callback: sendUnaryData<Raw>) => {
      const gateway = viewOf(terms.access, call);
      const work = async (): Promise<Uint8Array> => answer(gateway, call.request, call);
      settle(work, callback, (error) => refusalOf(error, gateway, terms));
    },
  };
}

export function clientStream(
  path: string,
  terms: Terms,
  answer: (gateway: GatewayView, call: ReadStream) => Promise<Uint8Array>,
): Method {
  return {
    definition: definition(path, "request"),
    handle: (call: ReadStream, callback: sendUnaryData<Raw>) => {
      // A client that leaves is told by the loop over its messages.
      call.on("error", () => undefined);
      const gateway = viewOf(terms.access, call);
      const work = async (): Promise<Uint8Array> => answer(gateway, call);
      settle(work, callback, (error) => refusalOf(error, gateway, terms));
    },
  };
}

export function serverStream(
  path: string,
  terms: Terms,
  answer: (gateway: GatewayView, request: Uint8Array, call: WriteStream) => Promise<void>,
): Method {
  return {
    definition: definition(path, "response"),
    handle: (call: WriteStream) => {
      call.on("error", () => undefined);
      const gateway = viewOf(terms.access, call);
      answer(gateway, call.request, call).then(
        () => call.end(),
        (error: unknown) => call.emit("error", refusalOf(error, gateway, terms)),
      );
    },
  };
}

function settle(
  answer: () => Promise<Uint8Array>,
  respond: sendUnaryData<Raw>,
  refuse: (error: unknown) => GrpcRefusal,
): void {
  answer().then(
    (bytes) => respond(null, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
    (error: unknown) => respond(refuse(error)),
  );
}

/** What the gateway is for the caller, by the token that every call brings along. */
function viewOf(access: Access, call: UnaryCall | ReadStream | WriteStream): GatewayView {
  const [authorization] = call.metadata.get("authorization");
  return access.view("reapi", authorization?.toString(), addressOf(call.getPeer()));
}

function refusalOf(error: unknown, { counts }: GatewayView, { otherwise }: Terms): GrpcRefusal {
  if (error instanceof GrpcRefusal) return error;
  if (error instanceof MalformedMessage) {
    return new GrpcRefusal(status.INVALID_ARGUMENT, error.message);
  }
  counts.miss("failed");
  return new GrpcRefusal(otherwise, "it failed here", { "x-quorate-miss": "failed" });
}

/** Without the port, which is another one for each connection. */
function addressOf(peer: string): string {
  return peer.slice(0, Math.max(0, peer.lastIndexOf(":")));
}
