import { EXIT_INPUT, EXIT_INTERNAL, EXIT_REFUSED } from "./exit-codes.ts";
import { EXIT_UNDECIDED, EXIT_UNKNOWN, EXIT_UNREACHABLE, EXIT_USAGE } from "./exit-codes.ts";

/** The exit code of each error by its stable code. What is in no list is our own fault. */
const NAMES: ReadonlyMap<number, readonly string[]> = new Map([
  [
    // Names of execution's outcomes: the cluster looked at the write and refused it.
    EXIT_REFUSED,
    [
      ...["NOT_ENROLLED", "NOT_ALLOWED", "NOT_ADMINISTRATOR", "TOO_MANY_SESSIONS", "DIFFERS"],
      ...["DISPUTED", "WITHDRAWN", "STALE_VERSION", "UNKNOWN_KIND", "VOTES_FULL", "KEY_REFUSED"],
      ...["NOTHING_TO_WITHDRAW", "UNKNOWN_SUBJECT", "POLICY_FULL", "NO_SUCH_ANSWER"],
      ...["VALUE_TOO_LARGE", "BEING_REVOKED", "EVIDENCE_REFUSED", "QUARANTINE_FULL"],
      ...["RECONFIGURATION_STALE", "RECONFIGURATION_PENDING", "CONFIGURATION_REFUSED"],
      ...["CONSENT_MISSING", "KEY_TAKEN", "ROTATION_TOO_SOON"],
      ...["ACCUSATION_LATER", "PROOF_REJECTED", "PROOF_KEY_WRONG", "PROOF_LOST"],
      ...["PROOF_DECLINED", "PROOF_EXHAUSTED", "PROOF_DEPENDENCY_MISSING", "PROOF_SET_FULL"],
    ],
  ],
  [
    EXIT_USAGE,
    [
      ...[
        "USAGE",
        "OPTIONS_CONTRADICT",
        "ADDRESS_INVALID",
        "MEMBERSHIP_INVALID",
        "MODE_INVALID",
        "ORDER_INVALID",
        "PROVER_UNKNOWN",
        "REPLICA_COUNT_INVALID",
        "UP_DIFFERS",
      ],
      ...["UP_ALREADY_RUNNING", "FOLDER_IN_USE", "PORT_IN_USE", "PORT_UNUSABLE", "ADDRESS_IN_USE"],
      ...[
        "PLAIN_TEXT",
        "ADDRESS_UNUSABLE",
        "INIT_FOLDER_EXISTS",
        "NODE_FOLDER_EXISTS",
        "PROMISES_EXIST",
      ],
      ...[
        "KEY_FILE_EXISTS",
        "NOT_A_WRITER",
        "READ_INVALID",
        "WRITE_INVALID",
        "PROOF_KIND_UNKNOWN",
        "MUTANT_UNKNOWN",
      ],
      ...["TIME_SERVER", "HISTORY_OUTSIDE"],
      ...["EVENT_UNKNOWN", "EXPERIMENT_UNKNOWN", "VIEWER_NOT_BUILT", "BROWSER_MISSING"],
    ],
  ],
  [
    EXIT_INPUT,
    [
      ...[
        "FILE_UNREADABLE",
        "OUTPUT_UNWRITABLE",
        "DATABASE_UNKNOWN",
        "DATABASE_INCOMPLETE",
        "INIT_FAILED",
        "CLUSTER_FILE_UNREADABLE",
      ],
      ...["GENESIS_INVALID", "NOT_A_CLUSTER_FOLDER", "NODE_FOLDER", "CLOCK_FILE", "STORE_FORMAT"],
      ...["KEY_FILE_MALFORMED", "KEY_FILE_MISMATCH", "KEY_FILE_MISSING", "KEY_FILE_MODE"],
      ...["KEY_FILE_OWNER", "KEY_FILE_SYMLINK", "KEY_FILE_UNREADABLE", "KEY_FILE_UNWRITABLE"],
      ...["KEY_HAS_TORSION", "KEY_NOT_CANONICAL", "KEY_NOT_ON_CURVE", "KEY_NOT_POSSESSED"],
      ...["KEY_SMALL_ORDER", "VALUE_CHANGED", "HISTORY_INVALID", "TAPE_INVALID"],
      ...["TOKENS_MALFORMED", "TOKENS_UNSAFE", "TLS_UNUSABLE"],
      ...["JOURNAL_MISSING", "JOURNAL_TOO_LARGE", "JOURNAL_UNREADABLE"],
    ],
  ],
  [
    EXIT_UNREACHABLE,
    [
      ...["CLUSTER_UNREACHABLE", "CLUSTER_NOT_READY", "NO_FRESH_CERTIFICATE", "NO_VALID_ANSWER"],
      ...["NOT_SENT", "VALUE_UNAVAILABLE", "CLIENT_BUSY", "OVERLOADED", "NOT_SERVING"],
      ...["WRITE_EXPIRED", "DEADLINE_EXCEEDED", "GATEWAY_UNREACHABLE", "RESOLVER_BUSY"],
      "DATABASE_UNREACHABLE",
    ],
  ],
  [EXIT_UNDECIDED, ["RESOLUTION_MISS"]],
  [EXIT_UNKNOWN, ["OUTCOME_UNKNOWN", "MEMBERSHIP_PENDING"]],
]);

const BY_CODE: ReadonlyMap<string, number> = new Map(
  [...NAMES].flatMap(([exitCode, names]) => names.map((name) => [name, exitCode] as const)),
);

export function exitCodeOf(errorCode: string): number {
  return BY_CODE.get(errorCode) ?? EXIT_INTERNAL;
}
