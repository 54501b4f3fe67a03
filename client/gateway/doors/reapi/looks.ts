import { Metadata, status } from "@grpc/grpc-js";
import type { Hit, PutOutcome } from "../../outcome.ts";
import { DEFAULT_NAMESPACE } from "../../route.ts";
import { GrpcRefusal } from "./grpc-method.ts";

/** An instance's name is the namespace; whether it can be one is told by its routes. */
export function namespaceOf(instance: string): string {
  return instance === "" ? DEFAULT_NAMESPACE : instance;
}

/** How a write's outcome looks to the tool. Whatever says OK lets the build go on in silence. */
const CODE_OF_PUT: Readonly<Record<PutOutcome, status>> = {
  stored: status.OK,
  unchanged: status.OK,
  unpublished: status.OK,
  conflict: status.OK,
  failed: status.OK,
  malformed: status.INVALID_ARGUMENT,
  "read-only": status.PERMISSION_DENIED,
  denied: status.PERMISSION_DENIED,
  "over-size": status.RESOURCE_EXHAUSTED,
  "cut-off": status.CANCELLED,
};

export function codeOfPut(outcome: PutOutcome): status {
  return CODE_OF_PUT[outcome];
}

/** Undefined: the tool hears that all is well. */
export function refusalOfPut(outcome: PutOutcome): GrpcRefusal | undefined {
  const code = codeOfPut(outcome);
  if (code === status.OK) return undefined;
  return new GrpcRefusal(code, outcome, { "x-quorate-put": outcome });
}

export function hitMetadata({ certainty, level }: Hit): Metadata {
  return metadataOf({ "x-quorate-certainty": certainty, "x-quorate-level": level });
}

export function putMetadata(outcome: PutOutcome): Metadata {
  return metadataOf({ "x-quorate-put": outcome });
}

function metadataOf(fields: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(fields)) metadata.set(key, value);
  return metadata;
}
