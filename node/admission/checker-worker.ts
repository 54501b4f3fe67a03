import { parentPort } from "node:worker_threads";
import { invariant } from "../../base/assert.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { startCheck } from "../../proof/admission/claim-check.ts";
import type { ClaimCheck } from "../../proof/admission/claim-check.ts";
import type { CheckerOrder, CheckerWord } from "./thread-checker.ts";

const port = parentPort;
invariant(port !== null, "this file runs on a thread of its own");

let check: ClaimCheck | undefined;

function obey({ claim, piece, isLast }: CheckerOrder): CheckerWord {
  if (claim !== undefined) check = startCheck(nodeCrypto.hash, claim);
  invariant(check !== undefined, "a check begins with its claim");
  if (piece !== undefined) check.push(piece);
  return isLast ? check.finish() : "taken";
}

port.on("message", (order: CheckerOrder) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  port.postMessage(obey(order));
});
