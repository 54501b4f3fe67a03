import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { CheckResult } from "../../../proof/frame/check-result.ts";
import { KnownObligations } from "../../../proof/frame/known-obligations.ts";
import { checkedKind } from "./proof-kinds.ts";

export interface Claim {
  readonly kind: string;
  readonly payload: Uint8Array;
  readonly proof: Uint8Array;
  readonly cited: readonly Uint8Array[];
}

/** Runs the kind's checker, wherever the caller is. */
export function judgeClaim({ kind, payload, proof, cited }: Claim): CheckResult {
  const known = new KnownObligations(nodeCrypto.hash, kind);
  for (const one of cited) known.add(one);
  const checker = checkedKind(kind);
  if (checker === undefined) {
    return { status: "decline", reason: "kind-unknown", offset: 0, detail: kind };
  }
  return checker.check({ payload, proof, cited: known.payloadOf }, checker.budget);
}
