import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import type { ChannelCredentials, ServiceError } from "@grpc/grpc-js";
import { utf8 } from "../../../base/bytes.ts";
import { FieldWriter, fieldsOf } from "../../../proof/digest/remote-execution/protobuf-field.ts";
import type { RawAnswer } from "./raw-request.ts";

const REMOTE = "/build.bazel.remote.execution.v2";
const STREAM = "/google.bytestream.ByteStream";
/** As Bazel sends them. */
const PIECE = 16 * 1024;

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

export interface GrpcAnswer {
  readonly code: status;
  readonly details: string;
  /** What came before the first message, and after the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly messages: readonly Uint8Array[];
}

/** One call as a build tool makes it, on a connection of its own; `messages` is its request. */
export function grpcCall(
  port: number,
  path: string,
  messages: readonly Uint8Array[],
  options: {
    readonly metadata?: Readonly<Record<string, string>>;
    readonly credentials?: ChannelCredentials;
    readonly host?: string;
  } = {},
): Promise<GrpcAnswer> {
  const host = options.host ?? "127.0.0.1";
  const client = new Client(
    `${host}:${port}`,
    options.credentials ?? credentials.createInsecure(),
    {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.enable_retries": 0,
      "grpc.max_send_message_length": -1,
      "grpc.max_receive_message_length": -1,
    },
  );
  const given = new Metadata();
  for (const [key, value] of Object.entries(options.metadata ?? {})) given.set(key, value);
  const call = client.makeBidiStreamRequest(path, asBuffer, (bytes) => bytes, given, {
    deadline: Date.now() + 60_000,
  });
  const headers: Record<string, string> = {};
  const note = (metadata: Metadata): void => {
    for (const [key, value] of Object.entries(metadata.getMap())) headers[key] = value.toString();
  };
  const received: Uint8Array[] = [];
  return new Promise((resolve) => {
    call.on("metadata", note);
    call.on("data", (message: Uint8Array) => received.push(message));
    call.on("error", (error: ServiceError) => note(error.metadata));
    call.on("status", ({ code, details, metadata }) => {
      note(metadata);
      client.close();
      resolve({ code, details, headers, messages: received });
    });
    for (const message of messages) call.write(message);
    call.end();
  });
}

const LOOKS: Readonly<Partial<Record<status, number>>> = {
  [status.OK]: 200,
  [status.NOT_FOUND]: 404,
  [status.INVALID_ARGUMENT]: 400,
  [status.PERMISSION_DENIED]: 403,
  [status.UNAUTHENTICATED]: 401,
  [status.RESOURCE_EXHAUSTED]: 413,
  [status.DATA_LOSS]: 200,
};

/**
 * A call in the shape of a request over HTTP, so that one suite is every door's:
 * `/{instance}/cas/{hash}/{size}` and `/{instance}/ac/{hash}`. HEAD of a blob is FindMissingBlobs.
 */
export async function grpcRequest(
  port: number,
  path: string,
  options: {
    readonly method?: string;
    readonly body?: Uint8Array | undefined;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<RawAnswer> {
  const [, instance = "", space, hash = "", size = "0"] = path.split("/");
  const { method = "GET", headers = {} } = options;
  const announced = Number(headers["Content-Length"] ?? 0);
  const isBlob = space === "cas";
  const digest = new FieldWriter()
    .bytes(1, utf8(hash))
    .number(2, BigInt(parseInt(size, 10)))
    .finish();
  const ask = (at: string, messages: readonly Uint8Array[]): Promise<GrpcAnswer> =>
    grpcCall(port, at, messages, { metadata: credentialsOf(headers) });
  const named = new FieldWriter().bytes(1, utf8(instance));
  if (method === "PUT") {
    const body = options.body ?? new Uint8Array(0);
    if (isBlob) {
      const name = `${instance}/uploads/1/blobs/${hash}/${announced || size}`;
      return rawAnswer(await ask(`${STREAM}/Write`, writesOf(name, body)), () => []);
    }
    const large = announced === 0 ? body : new Uint8Array(5_000_000);
    const update = named.message(2, digest).message(3, large).finish();
    return rawAnswer(await ask(`${REMOTE}.ActionCache/UpdateActionResult`, [update]), () => []);
  }
  if (!isBlob) {
    const get = named.message(2, digest).finish();
    return rawAnswer(await ask(`${REMOTE}.ActionCache/GetActionResult`, [get]), bodyOf(method));
  }
  if (method === "HEAD") {
    const find = named.message(2, digest).finish();
    const answer = await ask(`${REMOTE}.ContentAddressableStorage/FindMissingBlobs`, [find]);
    const isMissing = (answer.messages[0]?.length ?? 0) > 0;
    const raw = rawAnswer(answer, () => []);
    return { ...raw, status: isMissing ? 404 : raw.status, headers: { "content-length": size } };
  }
  const read = new FieldWriter().bytes(1, utf8(`${instance}/blobs/${hash}/${size}`)).finish();
  return rawAnswer(await ask(`${STREAM}/Read`, [read]), (messages) => messages.map(dataOf));
}

function credentialsOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  const found = headers["Authorization"];
  return found === undefined ? {} : { authorization: found };
}

/** Of an upload, as Bazel sends it: its name once. */
export function writesOf(name: string, body: Uint8Array): Uint8Array[] {
  const writes: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < body.length; at += PIECE) {
    const writer = new FieldWriter().bytes(1, utf8(at === 0 ? name : "")).number(2, at);
    const isLast = at + PIECE >= body.length;
    writes.push(
      writer
        .number(3, isLast ? 1 : 0)
        .bytes(10, body.subarray(at, at + PIECE))
        .finish(),
    );
  }
  return writes;
}

/** What a ReadResponse carries. */
export function dataOf(message: Uint8Array): Uint8Array {
  for (const { number, bytes } of fieldsOf(message)) {
    if (number === 10 && bytes !== undefined) return bytes;
  }
  return new Uint8Array(0);
}

function bodyOf(method: string): (messages: readonly Uint8Array[]) => readonly Uint8Array[] {
  return (messages) => (method === "HEAD" ? [] : messages);
}

function rawAnswer(
  { code, headers, messages }: GrpcAnswer,
  partsOf: (messages: readonly Uint8Array[]) => readonly Uint8Array[],
): RawAnswer {
  const body = Buffer.concat(partsOf(messages));
  const size = messages.reduce((sum, message) => sum + message.length, 0);
  return {
    status: LOOKS[code] ?? 500 + code,
    headers: { ...headers, "content-length": String(body.length || size) },
    body,
    cutShort: code === status.DATA_LOSS,
  };
}
