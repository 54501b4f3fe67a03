/**
 * What became of a write set, or of one write in it. Codes are stored in the state and stable for
 * ever: clients turn them into typed errors by name.
 */

/** A whole write set that left no row. 1 to 31; 0 is none. */
export const REFUSAL_NOT_ENROLLED = 1;
export const REFUSAL_EXPIRED = 2;
export const REFUSAL_NOT_AFTER_TOO_FAR = 3;
export const REFUSAL_BELOW_WINDOW = 4;
export const REFUSAL_ALREADY_EXECUTED = 5;
export const REFUSAL_TOO_MANY_SESSIONS = 6;
export const REFUSAL_WRONG_EPOCH = 7;
/** Before it was ordered: its form, signature or digests are wrong. */
export const REFUSAL_MALFORMED = 8;
/** Before it was ordered: this replica takes no more from this writer now. */
export const REFUSAL_OVERLOADED = 9;
/** Before it was ordered: this replica can order nothing now. */
export const REFUSAL_NOT_SERVING = 10;
/** Before it was ordered: a proof in it, as this replica's checker sees it. */
export const REFUSAL_PROOF_REJECTED = 11;
export const REFUSAL_PROOF_DECLINED = 12;
export const REFUSAL_PROOF_EXHAUSTED = 13;
export const REFUSAL_PROOF_KEY_WRONG = 14;
export const REFUSAL_PROOF_DEPENDENCY_MISSING = 15;
export const REFUSAL_PROOF_LOST = 16;

/** One write of an executed set. 0 is plainly accepted: confirmed, or done. */
export const OUTCOME_ACCEPTED = 0;
export const OUTCOME_PENDING = 32;
export const OUTCOME_DIFFERS = 33;
export const OUTCOME_DISPUTED = 34;
export const OUTCOME_WITHDRAWN = 35;
export const OUTCOME_STALE_VERSION = 36;
export const OUTCOME_NOT_ALLOWED = 37;
export const OUTCOME_NOT_ADMINISTRATOR = 38;
export const OUTCOME_UNKNOWN_KIND = 39;
export const OUTCOME_MALFORMED = 40;
export const OUTCOME_VOTES_FULL = 41;
export const OUTCOME_NOTHING_TO_WITHDRAW = 42;
export const OUTCOME_KEY_REFUSED = 43;
export const OUTCOME_UNKNOWN_SUBJECT = 44;
export const OUTCOME_POLICY_FULL = 45;
export const OUTCOME_NO_SUCH_ANSWER = 46;
export const OUTCOME_VALUE_TOO_LARGE = 47;
export const OUTCOME_BEING_REVOKED = 48;
export const OUTCOME_EVIDENCE_REFUSED = 49;
export const OUTCOME_ACCUSATION_LATER = 50;
export const OUTCOME_QUARANTINE_FULL = 51;
export const OUTCOME_RECONFIGURATION_STALE = 52;
export const OUTCOME_RECONFIGURATION_PENDING = 53;
export const OUTCOME_CONFIGURATION_REFUSED = 54;
export const OUTCOME_CONSENT_MISSING = 55;
export const OUTCOME_KEY_TAKEN = 56;
export const OUTCOME_ROTATION_TOO_SOON = 57;

export interface OutcomeText {
  /** Upper case, stable: the `code` of the error that a client raises. */
  readonly name: string;
  readonly meaning: string;
}

const TEXTS: ReadonlyMap<number, OutcomeText> = new Map(
  (
    [
      [REFUSAL_NOT_ENROLLED, "NOT_ENROLLED", "the writer's key is not in the executed policy"],
      [REFUSAL_EXPIRED, "WRITE_EXPIRED", "agreed time is past the write set's not-after"],
      [REFUSAL_NOT_AFTER_TOO_FAR, "NOT_AFTER_TOO_FAR", "the not-after lies too far ahead"],
      [REFUSAL_BELOW_WINDOW, "BELOW_WINDOW", "the counter is below the session's window"],
      [REFUSAL_ALREADY_EXECUTED, "ALREADY_EXECUTED", "the counter was executed before"],
      [REFUSAL_TOO_MANY_SESSIONS, "TOO_MANY_SESSIONS", "the writer has too many live sessions"],
      [REFUSAL_WRONG_EPOCH, "WRONG_EPOCH", "the write set was signed for another epoch"],
      [REFUSAL_MALFORMED, "WRITE_MALFORMED", "form, signature or digests are wrong"],
      [REFUSAL_OVERLOADED, "OVERLOADED", "the replica takes no more from this writer now"],
      [REFUSAL_NOT_SERVING, "NOT_SERVING", "the replica can order nothing now"],
      [REFUSAL_PROOF_REJECTED, "PROOF_REJECTED", "the checkers reject the proof"],
      [REFUSAL_PROOF_DECLINED, "PROOF_DECLINED", "no checker here covers the proof"],
      [REFUSAL_PROOF_EXHAUSTED, "PROOF_EXHAUSTED", "the checkers' budget is spent on the proof"],
      [REFUSAL_PROOF_KEY_WRONG, "PROOF_KEY_WRONG", "the key is not that of the obligation"],
      [
        REFUSAL_PROOF_DEPENDENCY_MISSING,
        "PROOF_DEPENDENCY_MISSING",
        "the proof cites an obligation that has none in this namespace",
      ],
      [REFUSAL_PROOF_LOST, "PROOF_LOST", "the set leaves out what the one before it proved"],
      [OUTCOME_ACCEPTED, "ACCEPTED", "done; a put is confirmed and served"],
      [OUTCOME_PENDING, "PENDING", "the vote counts; more operators must agree"],
      [OUTCOME_DIFFERS, "DIFFERS", "another answer is served; this vote is kept as evidence"],
      [OUTCOME_DISPUTED, "DISPUTED", "two answers meet the rule; neither is served"],
      [OUTCOME_WITHDRAWN, "WITHDRAWN", "the key is withdrawn; this vote is kept"],
      [OUTCOME_STALE_VERSION, "STALE_VERSION", "the vote does not name the current version"],
      [OUTCOME_NOT_ALLOWED, "NOT_ALLOWED", "the writer may not write to this namespace"],
      [OUTCOME_NOT_ADMINISTRATOR, "NOT_ADMINISTRATOR", "only an operator key orders policy"],
      [OUTCOME_UNKNOWN_KIND, "UNKNOWN_KIND", "no such class of artifact"],
      [OUTCOME_MALFORMED, "MALFORMED", "the write lacks what its operation needs"],
      [OUTCOME_VOTES_FULL, "VOTES_FULL", "the entry holds as many votes as it may"],
      [OUTCOME_NOTHING_TO_WITHDRAW, "NOTHING_TO_WITHDRAW", "no vote of this operator is there"],
      [OUTCOME_KEY_REFUSED, "KEY_REFUSED", "the public key is not admissible"],
      [OUTCOME_UNKNOWN_SUBJECT, "UNKNOWN_SUBJECT", "no writer has this key"],
      [OUTCOME_POLICY_FULL, "POLICY_FULL", "the policy holds as many rows as it may"],
      [OUTCOME_NO_SUCH_ANSWER, "NO_SUCH_ANSWER", "nobody has put this answer for the key"],
      [
        OUTCOME_VALUE_TOO_LARGE,
        "VALUE_TOO_LARGE",
        "the namespace's policy takes no value so large",
      ],
      [OUTCOME_EVIDENCE_REFUSED, "EVIDENCE_REFUSED", "the evidence convicts no replica"],
      [OUTCOME_ACCUSATION_LATER, "ACCUSATION_LATER", "one accusation is judged in each execution"],
      [OUTCOME_QUARANTINE_FULL, "QUARANTINE_FULL", "f replicas are in quarantine already"],
      [
        OUTCOME_RECONFIGURATION_STALE,
        "RECONFIGURATION_STALE",
        "the order is for another epoch than the next one",
      ],
      [
        OUTCOME_RECONFIGURATION_PENDING,
        "RECONFIGURATION_PENDING",
        "the configuration decided before has not begun yet",
      ],
      [
        OUTCOME_CONFIGURATION_REFUSED,
        "CONFIGURATION_REFUSED",
        "the members asked for are too few for f, repeat a key or an address, or have no valid key",
      ],
      [
        OUTCOME_CONSENT_MISSING,
        "CONSENT_MISSING",
        "a new key, or one that hands its place on, has not signed this very order",
      ],
      [OUTCOME_KEY_TAKEN, "KEY_TAKEN", "the key is a writer's already"],
      [
        OUTCOME_ROTATION_TOO_SOON,
        "ROTATION_TOO_SOON",
        "the key before was put out of use less than ten minutes ago",
      ],
      [OUTCOME_BEING_REVOKED, "BEING_REVOKED", "votes of this revoked writer are being withdrawn"],
    ] as const
  ).map(([code, name, meaning]) => [code, { name, meaning }]),
);

/** Name and one-line meaning of a REFUSAL_* or OUTCOME_*. */
export function outcomeText(code: number): OutcomeText {
  return TEXTS.get(code) ?? { name: "UNKNOWN_OUTCOME", meaning: `unknown outcome ${code}` };
}

/** All codes, for tables of errors. */
export function outcomeCodes(): readonly number[] {
  return [...TEXTS.keys()];
}
