import { parentPort } from "node:worker_threads";
import { invariant } from "../../base/assert.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { checkClaim, startCheck } from "../../proof/admission/claim-check.ts";
import type { ClaimCheck } from "../../proof/admission/claim-check.ts";
import { decodeClaims } from "../../proof/admission/claim-pack.ts";
import type { CheckResult } from "../../proof/frame/check-result.ts";
import type { CheckerOrder, CheckerWord } from "./thread-checker.ts";

const port = parentPort;
invariant(port !== null, "this file runs on a thread of its own");

let check: ClaimCheck | undefined;

function obey(order: CheckerOrder): CheckerWord {
  if ("pack" in order) return { results: resultsOf(order.pack) };
  const { claim, piece, isLast } = order;
  if (claim !== undefined) check = startCheck(nodeCrypto.hash, claim);
  invariant(check !== undefined, "a check begins with its claim");
  if (piece !== undefined) check.push(piece);
  return isLast ? { results: [check.finish()] } : "taken";
}

/** What an accepted proof rests on its replica knows: it is not sent back. */
function resultsOf(pack: Uint8Array): readonly CheckResult<unknown>[] {
  return decodeClaims(pack).map(({ claim, proof }) => {
    const result = checkClaim(nodeCrypto.hash, claim, proof);
    return result.status === "accept" ? { status: "accept", value: undefined } : result;
  });
}

port.on("message", (order: CheckerOrder) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  port.postMessage(obey(order));
});
