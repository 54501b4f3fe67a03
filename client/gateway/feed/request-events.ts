import { toHex } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { DIGEST_LETTERS } from "../../../base/journal/journal-event.ts";
import type { EventDetail, EventKind } from "../../../base/journal/journal-event.ts";
import { keyOfName } from "../../../consensus/hashing.ts";
import type { Told } from "../traffic.ts";

/** Something that a gateway did, before it has a number. */
export interface Noted {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly kind: EventKind;
  readonly detail: EventDetail;
}

/** A request, and the answer to it. Keys are told as replicas tell them: by their first letters. */
export function requestEvents(told: Told): readonly [request: Noted, answer: Noted] {
  const { door, namespace, atMs, ms } = told;
  const key = toHex(keyOfName(nodeCrypto.hash, told.key)).slice(0, DIGEST_LETTERS);
  const about = { what: told.method.toLowerCase(), door, namespace, key };
  const optional: Record<string, string> = {};
  for (const name of ["reason", "level", "certainty"] as const) {
    const value = told[name];
    if (value !== undefined) optional[name] = value;
  }
  return [
    { atMs: atMs - ms, kind: "request", detail: about },
    {
      atMs,
      kind: "answer",
      detail: { ...about, outcome: told.outcome, ...optional, bytes: told.bytes, latencyMs: ms },
    },
  ];
}
