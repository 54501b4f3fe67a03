import { status } from "@grpc/grpc-js";
import { FieldWriter } from "../../../../proof/digest/remote-execution/protobuf-field.ts";
import type { Access } from "../../access/access.ts";
import { GRPC_BATCH_BYTES_MAX, VALUE_BYTES_MAX } from "../../limits.ts";
import { unary } from "./grpc-method.ts";
import type { Method } from "./grpc-method.ts";

const PATH = "/build.bazel.remote.execution.v2.Capabilities/GetCapabilities";
const SHA256 = 1;
const SYMLINKS_ALLOWED = 2;

/**
 * The same for everybody and whatever the cluster does: Bazel ends a build whose first question is
 * not answered, or is answered with "no updates". Who may not write hears of it when it does.
 */
export function capabilities(access: Access): readonly Method[] {
  const answer = encodeCapabilities();
  return [unary(PATH, { access, otherwise: status.NOT_FOUND }, () => Promise.resolve(answer))];
}

function encodeCapabilities(): Uint8Array {
  const cache = new FieldWriter()
    .message(1, Uint8Array.of(SHA256))
    .message(2, new FieldWriter().number(1, 1).finish())
    .number(4, GRPC_BATCH_BYTES_MAX)
    .number(5, SYMLINKS_ALLOWED)
    .number(8, VALUE_BYTES_MAX)
    .finish();
  return new FieldWriter()
    .message(1, cache)
    .message(4, version(2, 0))
    .message(5, version(2, 3))
    .finish();
}

function version(major: number, minor: number): Uint8Array {
  return new FieldWriter().number(1, major).number(2, minor).finish();
}
