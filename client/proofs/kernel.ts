import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { checkClaim } from "../../proof/admission/claim-check.ts";
import type { Claim } from "../../proof/admission/claim-check.ts";
import type { CheckResult } from "../../proof/frame/check-result.ts";
import { runWorker } from "../proof/run-worker.ts";
import { INLINE_CHECK_BYTES_MAX } from "./limits.ts";

/** What the kernel's thread is given. */
export interface KernelTask {
  readonly claim: Omit<Claim, "proofSize">;
  readonly proof: Uint8Array | undefined;
}

/**
 * This machine's kernel. A small proof is checked at once, a large one on a thread of its own with
 * bounded memory. `proof` undefined: an axiom.
 */
export async function runKernel(
  claim: Omit<Claim, "proofSize">,
  proof: Uint8Array | undefined,
  signal: AbortSignal | undefined,
): Promise<CheckResult> {
  const size = claim.payload.length + (proof?.length ?? 0);
  const isSource = import.meta.url.endsWith(".ts");
  if (size <= INLINE_CHECK_BYTES_MAX || isSource) return checkClaim(nodeCrypto.hash, claim, proof);
  const task: KernelTask = { claim, proof };
  const file = new URL("./kernel-worker.js", import.meta.url);
  return runWorker<CheckResult>(file, task, [], signal === undefined ? {} : { signal });
}
