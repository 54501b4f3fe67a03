/**
 * Every exit code of the command line. 0 to 4 are verdicts on what was asked; the rest are the
 * customary numbers of sysexits.h. docs/exit-codes.md says the same to people.
 */
export const EXIT_OK = 0;
/** Looked at and refused: an invalid receipt, findings of doctor, a write against the policy. */
export const EXIT_REFUSED = 1;
/** Looked at, and not what this checker covers. */
export const EXIT_DECLINED = 2;
/** Looked at, and no verdict within the bounds of the search. */
export const EXIT_UNDECIDED = 3;
/** A certified miss: the cluster proves that there is no such entry. */
export const EXIT_MISS = 4;
export const EXIT_USAGE = 64;
export const EXIT_INPUT = 66;
export const EXIT_UNREACHABLE = 69;
export const EXIT_INTERNAL = 70;
export const EXIT_UNKNOWN = 75;
