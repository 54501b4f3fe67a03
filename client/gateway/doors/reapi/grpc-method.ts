import { Metadata, status } from "@grpc/grpc-js";
import type {
  MethodDefinition,
  sendUnaryData,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
} from "@grpc/grpc-js";
import { MalformedMessage } from "../../../../proof/digest/remote-execution/protobuf-field.ts";
import type { Gateway } from "../../gateway.ts";
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

/** A miss has one look, whatever its reason. */
export function missing(reason: MissReason): GrpcRefusal {
  return new GrpcRefusal(status.NOT_FOUND, "miss", { "x-quorate-miss": reason });
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

/** What a method becomes of a surprise: no tool ever sees a server's failure. */
export interface Otherwise {
  readonly gateway: Gateway;
  readonly code: status;
}

/** `answer` ends with the response, or throws GrpcRefusal or MalformedMessage. */
export function unary(
  path: string,
  otherwise: Otherwise,
  answer: (request: Uint8Array, call: UnaryCall) => Promise<Uint8Array>,
): Method {
  return {
    definition: definition(path, "none"),
    handle: (call: UnaryCall, callback: sendUnaryData<Raw>) =>
      settle(async () => answer(call.request, call), callback, otherwise),
  };
}

export function clientStream(
  path: string,
  otherwise: Otherwise,
  answer: (call: ReadStream) => Promise<Uint8Array>,
): Method {
  return {
    definition: definition(path, "request"),
    handle: (call: ReadStream, callback: sendUnaryData<Raw>) => {
      // A client that leaves is told by the loop over its messages.
      call.on("error", () => undefined);
      settle(async () => answer(call), callback, otherwise);
    },
  };
}

export function serverStream(
  path: string,
  otherwise: Otherwise,
  answer: (request: Uint8Array, call: WriteStream) => Promise<void>,
): Method {
  return {
    definition: definition(path, "response"),
    handle: (call: WriteStream) => {
      call.on("error", () => undefined);
      answer(call.request, call).then(
        () => call.end(),
        (error: unknown) => call.emit("error", refusalOf(error, otherwise)),
      );
    },
  };
}

function settle(
  answer: () => Promise<Uint8Array>,
  respond: sendUnaryData<Raw>,
  otherwise: Otherwise,
): void {
  answer().then(
    (bytes) => respond(null, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)),
    (error: unknown) => respond(refusalOf(error, otherwise)),
  );
}

function refusalOf(error: unknown, { gateway, code }: Otherwise): GrpcRefusal {
  if (error instanceof GrpcRefusal) return error;
  if (error instanceof MalformedMessage) {
    return new GrpcRefusal(status.INVALID_ARGUMENT, error.message);
  }
  gateway.counts.miss("failed");
  return new GrpcRefusal(code, "it failed here", { "x-quorate-miss": "failed" });
}
