import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { checkClaim, startCheck } from "../../proof/admission/claim-check.ts";
import type { Claim } from "../../proof/admission/claim-check.ts";
import type { WholeClaim } from "../../proof/admission/claim-pack.ts";
import type { CheckResult } from "../../proof/frame/check-result.ts";

/** Runs one order at a time. Rejects only when the checking itself broke off: says nothing of proofs. */
export interface Checker {
  /** Of a proof from pieces that come as they are read. */
  check(claim: Claim, pieces: AsyncIterable<Uint8Array>): Promise<CheckResult>;
  /** Of small proofs, each by itself; results in their order. */
  checkAll(claims: readonly WholeClaim[]): Promise<readonly CheckResult<unknown>[]>;
  close(): Promise<void>;
}

/** On the caller's thread: for tests, and where there is no compiled worker. */
export class SameThreadChecker implements Checker {
  async check(claim: Claim, pieces: AsyncIterable<Uint8Array>): Promise<CheckResult> {
    const check = startCheck(nodeCrypto.hash, claim);
    for await (const piece of pieces) check.push(piece);
    return check.finish();
  }

  checkAll(claims: readonly WholeClaim[]): Promise<readonly CheckResult<unknown>[]> {
    const { hash } = nodeCrypto;
    return Promise.resolve(claims.map(({ claim, proof }) => checkClaim(hash, claim, proof)));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
