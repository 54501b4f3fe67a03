import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { startCheck } from "../../proof/admission/claim-check.ts";
import type { Claim } from "../../proof/admission/claim-check.ts";
import type { CheckResult } from "../../proof/frame/check-result.ts";

/** Runs one check at a time, from pieces that come as they are read. */
export interface Checker {
  /** Rejects only when the checking itself broke off; that says nothing about the proof. */
  check(claim: Claim, pieces: AsyncIterable<Uint8Array>): Promise<CheckResult>;
  close(): Promise<void>;
}

/** On the caller's thread: for tests, and where there is no compiled worker. */
export class SameThreadChecker implements Checker {
  async check(claim: Claim, pieces: AsyncIterable<Uint8Array>): Promise<CheckResult> {
    const check = startCheck(nodeCrypto.hash, claim);
    for await (const piece of pieces) check.push(piece);
    return check.finish();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
