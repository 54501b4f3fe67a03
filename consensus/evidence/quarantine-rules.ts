import type { Committee } from "../committee.ts";
import type { Crypto } from "../crypto.ts";
import type { QuarantineRules } from "../execution/quarantine.ts";
import { verifyEvidence } from "./verify-evidence.ts";

/** Who may be left out: those whom evidence convicts by itself, and at most f of them. */
export function quarantineRulesOf(crypto: Crypto, committee: Committee): QuarantineRules {
  return {
    judgeEvidence: (evidence) => {
      const verdict = verifyEvidence(crypto, committee, evidence);
      return verdict.valid ? verdict : undefined;
    },
    countMax: committee.faultyMax,
  };
}
