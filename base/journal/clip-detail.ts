import type { EventDetail } from "./journal-event.ts";
import { TEXT_BYTES_MAX } from "./limits.ts";

/** A letter takes up to three bytes. */
const TEXT_LENGTH_MAX: number = Math.floor(TEXT_BYTES_MAX / 3) - 1;
/** With `u` a surrogate matches only where its other half is missing. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** The detail with texts that the format can hold; most are, and stay as they are. */
export function clipDetail(detail: EventDetail): EventDetail {
  let clipped: Record<string, string | number | boolean> | undefined;
  for (const name in detail) {
    const value = detail[name];
    if (typeof value !== "string" || value.length <= TEXT_LENGTH_SAFE) continue;
    const text = value.length <= TEXT_LENGTH_MAX ? value : `${value.slice(0, TEXT_LENGTH_MAX)}…`;
    clipped ??= { ...detail };
    clipped[name] = text.replace(LONE_SURROGATE, "\ufffd");
  }
  return clipped ?? detail;
}

/** Names and digests are shorter, and written by ourselves. */
const TEXT_LENGTH_SAFE = 64;
