import { equalBytes } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { Hash } from "../../../base/types.ts";
import type { Acceptance } from "../../../proof/frame/check-result.ts";
import { encodeObligation, keyOfObligation } from "../../../proof/frame/obligation.ts";
import type { Obligation } from "../../../proof/frame/obligation.ts";
import { CNF_1_ID } from "../../../proof/cnf/cnf-1.ts";
import { MODEL } from "../../../proof/cnf/proof-bytes.ts";
import { INLINE_CHECK_BYTES_MAX } from "../limits.ts";
import type { ProofRecord } from "../proof-record.ts";
import type { CheckedProof, Judgement } from "./checked-proof.ts";
import { judgeClaim } from "./judge-claim.ts";
import type { CheckAnswer } from "./resolve-task.ts";
import { runTask } from "./run-task.ts";

/**
 * Judges a claim for exactly the obligation that was asked: statements are compared byte by byte,
 * never by their hashes. Small claims are checked at once, large ones on a thread of their own.
 * Refuses also with `other-obligation`. What it cites is not judged here.
 */
export async function judgeRecord(
  asked: Obligation,
  claim: ProofRecord,
  signal: AbortSignal,
): Promise<Judgement> {
  if (!equalBytes(encodeObligation(asked), encodeObligation(claim.obligation))) {
    return refuse("other-obligation");
  }
  const answer = await check(claim, signal);
  if (answer.status !== "accept") return { status: "refuse", refused: answer };
  return { status: "accept", proof: checkedProof(claim, answer.acceptance) };
}

export function refuse(reason: string, detail?: string): Judgement {
  const refused = { status: "reject", reason, offset: 0 } as const;
  return {
    status: "refuse",
    refused: detail === undefined ? refused : { ...refused, detail },
  };
}

function check({ obligation, proof, cited }: ProofRecord, signal: AbortSignal) {
  const claim = { kind: obligation.kind, payload: obligation.payload, proof, cited };
  if (obligation.payload.length + proof.length > INLINE_CHECK_BYTES_MAX) {
    return runTask<CheckAnswer>({ ask: "check", ...claim }, signal);
  }
  const result = judgeClaim(claim);
  return result.status === "accept"
    ? { status: "accept" as const, acceptance: result.value }
    : result;
}

function checkedProof(claim: ProofRecord, { dependencies, cost }: Acceptance): CheckedProof {
  const { obligation, proof } = claim;
  const key: Hash = keyOfObligation(nodeCrypto.hash, obligation);
  const isSat = proof[0] === MODEL;
  const verdict = obligation.kind === CNF_1_ID ? (isSat ? "sat" : "unsat") : undefined;
  const axioms: readonly Hash[] = [];
  return { ...claim, key, verdict, dependencies, axioms, cost } as CheckedProof;
}
