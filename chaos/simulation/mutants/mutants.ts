import { AGREEMENT_MUTANTS } from "./agreement-mutants.ts";
import { CLIENT_MUTANTS } from "./client-mutants.ts";
import { DURABILITY_MUTANTS } from "./durability-mutants.ts";
import { JOURNAL_MUTANTS } from "./journal-mutants.ts";
import { MEMBERSHIP_MUTANTS } from "./membership-mutants.ts";
import { TIME_MUTANTS } from "./time-mutants.ts";
import { TRANSFER_MUTANTS } from "./transfer-mutants.ts";
import { VIEW_CHANGE_MUTANTS } from "./view-change-mutants.ts";
import type { Mutant } from "./mutant.ts";

/** All planted bugs, by what they are about: at least six of each. */
export const MUTANTS: readonly Mutant[] = [
  ...AGREEMENT_MUTANTS,
  ...VIEW_CHANGE_MUTANTS,
  ...TRANSFER_MUTANTS,
  ...DURABILITY_MUTANTS,
  ...TIME_MUTANTS,
  ...JOURNAL_MUTANTS,
  ...CLIENT_MUTANTS,
  ...MEMBERSHIP_MUTANTS,
];
