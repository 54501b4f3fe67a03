import { hlcMs } from "../base/hlc.ts";
import { QuorateError } from "../base/quorate-error.ts";
import type { Hlc } from "../base/types.ts";
import { OUTCOME_UNKNOWN_KIND, outcomeText } from "../consensus/execution/outcomes.ts";

/** Every error that the library raises by itself; docs/errors.md lists their codes. */

export function clusterUnreachable(why: string): QuorateError {
  return new QuorateError(
    "CLUSTER_UNREACHABLE",
    `no replica can be reached: ${why}`,
    "check that the replicas run and that the addresses in cluster.json can be reached from here",
  );
}

export function noFreshCertificate(ageMs: number | undefined, maxMs: number): QuorateError {
  const age = ageMs === undefined ? "none was had" : `the newest is ${Math.round(ageMs)} ms old`;
  return new QuorateError(
    "NO_FRESH_CERTIFICATE",
    `no certified root within ${maxMs} ms: ${age}`,
    "a quorum of replicas must answer, and this machine's clock must be right; allowStale serves " +
      "what was proven earlier",
  );
}

export function historyOutside(at: Hlc, oldest: Hlc): QuorateError {
  const times = [at, oldest].map((time) => new Date(hlcMs(time)).toISOString());
  return new QuorateError(
    "HISTORY_OUTSIDE",
    `${times[0]} is before what the replicas keep readable, which begins at ${times[1]}`,
    "ask for a later time; `quorate node --history` keeps more, from when it was started on",
  );
}

export function noAnswer(what: string): QuorateError {
  return new QuorateError(
    "NO_VALID_ANSWER",
    `no replica gave an answer that holds to ${what} in time`,
    "look at status(): it names what was refused and why",
  );
}

export function outcomeUnknown(why: string, cause?: unknown): QuorateError {
  return new QuorateError(
    "OUTCOME_UNKNOWN",
    `the write was sent and ${why}; it may be applied or not`,
    "read the key to find out, or send the same signed write set again: it is executed once",
    { cause },
  );
}

export function notSent(why: string): QuorateError {
  return new QuorateError(
    "NOT_SENT",
    `the write was not sent: ${why}`,
    "nothing was applied; try again",
  );
}

export function aborted(cause: unknown): QuorateError {
  return new QuorateError("ABORTED", "the caller's signal ended the call", "", { cause });
}

export function clientClosed(): QuorateError {
  return new QuorateError("CLIENT_CLOSED", "the client was closed", "connect again");
}

export function clientBusy(): QuorateError {
  return new QuorateError(
    "CLIENT_BUSY",
    "too many calls wait for the cluster",
    "wait for some of them before making more",
  );
}

export function notAWriter(): QuorateError {
  return new QuorateError(
    "NOT_A_WRITER",
    "this client has no writer's key",
    "connect with a signer whose key is enrolled",
  );
}

export function writeInvalid(why: string): QuorateError {
  return new QuorateError("WRITE_INVALID", why, "see the bounds in consensus/limits.ts");
}

export function readInvalid(why: string): QuorateError {
  return new QuorateError("READ_INVALID", why, "see the bounds in consensus/limits.ts");
}

export function valueUnavailable(digest: string): QuorateError {
  return new QuorateError(
    "VALUE_UNAVAILABLE",
    `no replica handed over the bytes of ${digest}`,
    "ask again; status() names replicas whose bytes were refused",
  );
}

export function valueChanged(digest: string): QuorateError {
  return new QuorateError(
    "VALUE_CHANGED",
    `the bytes written are not those announced as ${digest}`,
    "keep the value unchanged until put has resolved",
  );
}

/** A REFUSAL_* or OUTCOME_* as its caller meets it: the code's own name. */
export function writeRefused(code: number): QuorateError {
  const { name, meaning } = outcomeText(code);
  return new QuorateError(name, `the write was refused: ${meaning}`, hintOf(code));
}

function hintOf(code: number): string {
  return code === OUTCOME_UNKNOWN_KIND
    ? "use a kind that this version of the cluster knows"
    : "nothing was changed by this write but what the outcome names";
}
