import { setImmediate } from "node:timers/promises";
import type { ArtifactKind, DigestResult } from "../../proof/digest/artifact-kind.ts";
import { JUDGED_BYTES_A_SLICE, JUDGED_COUNT_MAX, JUDGED_MS_A_TURN } from "./limits.ts";
import { startHash } from "./stream-hash.ts";
import { Turns } from "./turns.ts";

/** Of all gateways in this process, for they share its thread. */
const JUDGING = new Turns(JUDGED_COUNT_MAX);

/**
 * Hands bytes on at a pace that leaves room for others. One byte of an archive may stand for two
 * hundred, so judging a small body can take a second, in which no tool would be answered.
 */
export async function inTurns(
  kind: ArtifactKind,
  bytes: Uint8Array,
  take: (slice: Uint8Array) => void,
): Promise<void> {
  if (kind.expands !== true) return take(bytes);
  let end = await JUDGING.take();
  try {
    let since = performance.now();
    for (let at = 0; at < bytes.length; at += JUDGED_BYTES_A_SLICE) {
      take(bytes.subarray(at, at + JUDGED_BYTES_A_SLICE));
      if (performance.now() - since < JUDGED_MS_A_TURN) continue;
      // First what else there is, and then the next archive: not one after the other.
      await setImmediate();
      end();
      end = await JUDGING.take();
      since = performance.now();
    }
  } finally {
    end();
  }
}

/** Of a body in memory, which may be any kind's. */
export async function digestInTurns(kind: ArtifactKind, body: Uint8Array): Promise<DigestResult> {
  const digester = kind.startDigest(startHash);
  await inTurns(kind, body, (slice) => digester.update(slice));
  return digester.finish();
}
