import type { EntryVote, NamespaceRow } from "../wire/rows.ts";
import type { Mutability } from "./kind-table.ts";

/** What makes an answer the one that is served. */
export interface ConfirmRule extends Pick<NamespaceRow, "confirmations" | "trusted"> {
  /** Nobody's word counts: Q replicas have checked it before they acknowledged it. */
  readonly proved?: boolean;
}

const PROVED = { confirmations: 1, trusted: [], proved: true } as const;

/** The namespace's rule, as far as an answer of this class is subject to it. */
export function ruleFor<Rule extends ConfirmRule>(
  mutability: Mutability | undefined,
  rule: Rule,
): Rule & ConfirmRule {
  return mutability === "proved" ? { ...rule, ...PROVED } : rule;
}

/**
 * A taken key is put out of service by a differing answer only if this many operators stand behind
 * it: where one confirms, one writer alone could otherwise take any key from everybody.
 */
const DISPUTING_COUNT_MIN = 2;

/** How many of these votes count, given that each operator has one of them. */
export function countOf(votes: readonly EntryVote[], rule: ConfirmRule): number {
  if (rule.trusted.length === 0) return votes.length;
  return votes.filter(({ operator }) => rule.trusted.includes(operator)).length;
}

export function confirms(votes: readonly EntryVote[], rule: ConfirmRule): boolean {
  return countOf(votes, rule) >= rule.confirmations;
}

/** Whether votes for another answer dispute one that is served. */
export function disputes(votes: readonly EntryVote[], rule: ConfirmRule): boolean {
  return countOf(votes, rule) >= Math.max(rule.confirmations, DISPUTING_COUNT_MIN);
}
