import type { Crypto } from "../crypto.ts";
import type { QuarantineRules } from "../execution/quarantine.ts";
import { verifyEvidence } from "./verify-evidence.ts";

/** Who may be left out: those whom evidence convicts by itself, under the present configuration. */
export function quarantineRulesOf(crypto: Crypto): QuarantineRules {
  return {
    judgeEvidence: (evidence, committee) => {
      const verdict = verifyEvidence(crypto, committee, evidence);
      return verdict.valid ? verdict : undefined;
    },
  };
}
