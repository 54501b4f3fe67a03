/** Every reason that this kind names when it rejects or declines. The README says what they mean. */
export const CNF_REASONS: readonly string[] = [
  ...["behind-trailer", "clause-unfinished", "header-counts", "header-malformed", "header-missing"],
  ...["not-a-number", "not-plain-cnf", "number-not-shortest", "number-too-large"],
  ...["bytes-left", "cut-short", "payload-counts", "payload-empty-clause", "payload-order"],
  ...["payload-tautology", "payload-variable-unused"],
  ...["candidate-missing", "candidate-twice", "candidate-without-pivot"],
  ...["clause-number-not-positive", "clause-number-not-rising", "clause-tautology"],
  ...["deletion-unknown", "hint-after-conflict", "hint-not-unit", "hint-unknown"],
  ...["new-variables-too-many", "no-conflict", "no-empty-clause", "step-unknown"],
  ...["lemma-not-implied", "no-refutation"],
  ...["line-unknown", "status-without-proof", "variable-both-ways"],
  ...["model-leaves-clause-false", "model-size", "proof-form-unknown"],
];
