import {
  EXIT_INPUT,
  EXIT_INTERNAL,
  EXIT_REFUSED,
  EXIT_UNKNOWN,
  EXIT_UNREACHABLE,
  EXIT_USAGE,
} from "./exit-codes.ts";

/**
 * The exit code of each error by its stable code, or by the code's beginning where a family shares
 * one. What stands in neither list is our own fault.
 */
const BY_CODE: ReadonlyMap<string, number> = new Map([
  ...codes(EXIT_REFUSED, [
    ...["WRITE_REFUSED", "NOT_A_WRITER", "NOT_ENROLLED", "NOT_ALLOWED", "NOT_ADMINISTRATOR"],
    ...["DIFFERS", "DISPUTED", "WITHDRAWN", "STALE_VERSION", "UNKNOWN_KIND", "VOTES_FULL"],
    ...["NOTHING_TO_WITHDRAW", "KEY_REFUSED", "UNKNOWN_SUBJECT", "POLICY_FULL"],
    ...["TOO_MANY_SESSIONS"],
  ]),
  ...codes(EXIT_USAGE, [
    ...["USAGE", "INIT_FOLDER_EXISTS", "UP_ALREADY_RUNNING", "PORT_IN_USE", "PORT_UNUSABLE"],
    ...["ADDRESS_IN_USE", "ADDRESS_UNUSABLE", "FOLDER_IN_USE", "KEY_FILE_EXISTS"],
    ...["NAMESPACE_INVALID", "KEY_INVALID", "VALUE_TOO_LARGE", "CACHE_IN_USE"],
  ]),
  ...codes(EXIT_INPUT, [
    ...["GENESIS_INVALID", "CLUSTER_FILE_UNREADABLE", "FILE_UNREADABLE", "OUTPUT_UNWRITABLE"],
    ...["NOT_A_CLUSTER_FOLDER", "RECEIPT_UNREADABLE", "CLOCK_FILE"],
  ]),
  ...codes(EXIT_UNREACHABLE, [
    ...["CLUSTER_UNREACHABLE", "CLUSTER_NOT_READY", "GATEWAY_NOT_READY", "NO_FRESH_CERTIFICATE"],
    ...["DEADLINE_EXCEEDED", "VALUE_UNAVAILABLE", "OVERLOADED", "NOT_SERVING", "WRITE_EXPIRED"],
  ]),
  ...codes(EXIT_UNKNOWN, ["OUTCOME_UNKNOWN"]),
]);

const BY_PREFIX: readonly (readonly [prefix: string, exitCode: number])[] = [
  ["KEY_FILE_", EXIT_INPUT],
  ["NODE_FOLDER_", EXIT_INPUT],
  ["GENESIS_", EXIT_INPUT],
];

export function exitCodeOf(errorCode: string): number {
  const exact = BY_CODE.get(errorCode);
  if (exact !== undefined) return exact;
  return BY_PREFIX.find(([prefix]) => errorCode.startsWith(prefix))?.[1] ?? EXIT_INTERNAL;
}

function codes(exitCode: number, names: readonly string[]): (readonly [string, number])[] {
  return names.map((name) => [name, exitCode]);
}
