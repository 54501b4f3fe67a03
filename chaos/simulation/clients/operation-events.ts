import { toHex } from "../../../base/bytes.ts";
import { DIGEST_LETTERS } from "../../../base/journal/journal-event.ts";
import type { EventDetail } from "../../../base/journal/journal-event.ts";
import type { Hash } from "../../../base/types.ts";
import type { Write } from "../../../consensus/wire/write-set.ts";
import type { Operation } from "./history.ts";

/** What a client's journal tells of a write that it asks for. */
export function requestDetail(operation: Operation, write: Write, digest: Hash): EventDetail {
  const { namespace, key } = write;
  return {
    what: operation.op,
    namespace,
    name: operation.key,
    ...(key === undefined ? {} : { key: `${namespace}/${shortHex(key)}` }),
    digest: shortHex(digest),
  };
}

/** And of what came of it. */
export function answerDetail(operation: Operation): EventDetail {
  const { op, key, outcome, sequence, invokedAt, returnedAt = invokedAt } = operation;
  const latencyMs = Math.round(1000 * (returnedAt - invokedAt)) / 1000;
  return { what: op, name: key, outcome, sequence, latencyMs };
}

function shortHex(bytes: Uint8Array): string {
  return toHex(bytes).slice(0, DIGEST_LETTERS);
}
