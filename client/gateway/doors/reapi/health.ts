import { status } from "@grpc/grpc-js";
import { FieldWriter } from "../../../../proof/digest/remote-execution/protobuf-field.ts";
import type { Access } from "../../access/access.ts";
import { GrpcRefusal, unary } from "./grpc-method.ts";
import type { Method } from "./grpc-method.ts";
import { decodeText } from "./messages.ts";

const SERVING = 1;
const SERVICES: ReadonlySet<string> = new Set([
  "",
  "build.bazel.remote.execution.v2.ActionCache",
  "build.bazel.remote.execution.v2.Capabilities",
  "build.bazel.remote.execution.v2.ContentAddressableStorage",
  "google.bytestream.ByteStream",
]);

/** grpc.health.v1: whoever is answered is served. Without its cluster the door answers misses. */
export function health(access: Access): readonly Method[] {
  const serving = new FieldWriter().number(1, SERVING).finish();
  return [
    unary(
      "/grpc.health.v1.Health/Check",
      { access, otherwise: status.NOT_FOUND },
      async (_gateway, request) => {
        if (SERVICES.has(decodeText(request))) return serving;
        throw new GrpcRefusal(status.NOT_FOUND, "no such service");
      },
    ),
  ];
}
