import { equalBytes } from "../../../base/bytes.ts";
import type { ArtifactKind } from "../artifact-kind.ts";
import { CanonicalDigester } from "../canonical-digester.ts";
import { decodeActionResult, encodeActionResult } from "./action-result.ts";
import type { ActionResult } from "./action-result.ts";
import { MalformedMessage } from "./protobuf-field.ts";

/** Some 10^4 output files; what an action prints belongs into blobs. */
export const ACTION_RESULT_BYTES_MAX: number = 1024 * 1024;

/**
 * What an action produced, in canonical form: without who executed it and when, without times of
 * change, without fields that this version does not know. Versioned, because a result whose blobs
 * were lost, or which was made by a build that is not deterministic, is made and put again.
 */
export const actionResult1: ArtifactKind = {
  id: "action-result/1",
  mutability: "versioned",
  startDigest: (startHash) => new CanonicalDigester(startHash, ACTION_RESULT_BYTES_MAX, faultOf),
  startRewrite: undefined,
};

/** Undefined: none, or one that says nothing (a build would take its absent outputs for made). */
export function readActionResult(message: Uint8Array): ActionResult | undefined {
  if (message.length > ACTION_RESULT_BYTES_MAX) return undefined;
  try {
    const result = decodeActionResult(message);
    return saysNothing(result) ? undefined : result;
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

/** No output of any kind, and nothing printed. */
export function saysNothing(result: ActionResult): boolean {
  const { files, folders, fileSymlinks, folderSymlinks, symlinks } = result;
  const outputs = [files, folders, fileSymlinks, folderSymlinks, symlinks];
  const printed = result.stdout.length + result.stderr.length;
  return (
    outputs.every((list) => list.length === 0) &&
    printed === 0 &&
    result.stdoutDigest === undefined &&
    result.stderrDigest === undefined
  );
}

function faultOf(body: Uint8Array): string | undefined {
  const result = readActionResult(body);
  if (result === undefined) return "it is no action result";
  return equalBytes(encodeActionResult(result), body) ? undefined : "it is not in canonical form";
}
