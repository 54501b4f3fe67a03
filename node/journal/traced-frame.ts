import { CAUSE_HINT_SIZE, readCauseHint, writeCauseHint } from "../../base/journal/cause-hint.ts";
import type { CauseHint } from "../../base/journal/cause-hint.ts";
import { FRAME, decodeFrame } from "../../consensus/wire/frame.ts";
import type { Frame, FrameKind } from "../../consensus/wire/frame.ts";

/**
 * A frame inside a `traced` frame: the sender's newest event, then the frame as it would have been.
 * The hint stands outside of everything that is signed, decoded or judged.
 */
export function encodeTraced(kind: FrameKind, body: Uint8Array, hint: CauseHint): Uint8Array {
  const bytes = new Uint8Array(CAUSE_HINT_SIZE + 1 + body.length);
  writeCauseHint(hint, bytes, 0);
  bytes[CAUSE_HINT_SIZE] = kind;
  bytes.set(body, CAUSE_HINT_SIZE + 1);
  return bytes;
}

/** Undefined: no frame is in it, or again a traced one. `body` aliases the input. */
export function decodeTraced(
  bytes: Uint8Array,
): { readonly hint: CauseHint | undefined; readonly frame: Frame } | undefined {
  if (bytes.length <= CAUSE_HINT_SIZE) return undefined;
  const frame = decodeFrame(bytes.subarray(CAUSE_HINT_SIZE));
  if (frame === undefined || frame.kind === FRAME.traced) return undefined;
  return { hint: readCauseHint(bytes, 0), frame };
}
