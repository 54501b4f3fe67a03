import type { Crypto } from "../../consensus/crypto.ts";
import { parseGenesis } from "../../consensus/genesis-file.ts";
import { verifyReceipt as verifyUnder } from "../../consensus/receipt/verify-receipt.ts";
import type { ReceiptVerdict } from "../../consensus/receipt/verify-receipt.ts";

export type { ReceiptRefusal, ReceiptVerdict } from "../../consensus/receipt/verify-receipt.ts";

/**
 * What a receipt shows to one who trusts nothing but `cluster.json`: offline, in Node or in a
 * browser, with the primitives that the caller hands in. It is about the receipt's time and says
 * nothing of any later one.
 *
 * @throws QuorateError GENESIS_INVALID; a receipt that shows nothing is a verdict, not an error
 */
export function verifyReceipt(
  crypto: Crypto,
  question: {
    /** Text of `cluster.json`. */
    readonly genesis: string;
    /** Encoded receipt. */
    readonly receipt: Uint8Array;
    /** The bytes that should belong to it. */
    readonly value?: Uint8Array | undefined;
  },
): ReceiptVerdict {
  const genesis = parseGenesis(crypto.hash, question.genesis);
  return verifyUnder(crypto, genesis, question.receipt, question.value);
}
