import { toHex } from "../../base/bytes.ts";
import { hlcMs } from "../../base/hlc.ts";
import { portableCrypto } from "../../base/host/portable-crypto.ts";
import { verifyReceipt } from "../../client/receipt/verify-receipt.ts";
import type { ReceiptVerdict } from "../../client/receipt/verify-receipt.ts";

/** A fact of an entry's card: what it is called, and what it is. */
export type Fact = readonly [name: string, value: string];

export interface Judged {
  /** "unknown": there was no receipt to judge, and asking again may help. */
  readonly verdict: "verified" | "refused" | "unknown";
  readonly sentence: string;
  readonly facts: readonly Fact[];
}

/** What a server may say of an entry; nothing of it is believed but what the receipt shows. */
export interface EntryReply {
  readonly receipt: string;
  readonly genesis: string;
}

/**
 * Judges a receipt in this browser: every signature, the path to the root, the entry under it.
 * Loaded when somebody asks for the first time.
 */
export function judgeEntry(reply: EntryReply, asked: { readonly key: string }): Judged {
  const receipt = Uint8Array.from(atob(reply.receipt), (letter) => letter.charCodeAt(0));
  const shown = verifyReceipt(portableCrypto, { genesis: reply.genesis, receipt });
  if (!shown.valid) {
    return {
      verdict: "refused",
      sentence: `Refused: ${shown.reason}.`,
      facts: [["code", shown.code]],
    };
  }
  if (!toHex(shown.key).startsWith(asked.key)) {
    return { verdict: "refused", sentence: "Refused: it is another entry's receipt.", facts: [] };
  }
  return { verdict: "verified", sentence: sentenceOf(shown), facts: factsOf(shown) };
}

type Valid = ReceiptVerdict & { readonly valid: true };

function sentenceOf(verdict: Valid): string {
  const what = verdict.kind === "presence" ? "served" : `not served (${verdict.absence})`;
  return `Verified in this browser: ${what} at sequence ${verdict.sequence}, under the signatures of a quorum.`;
}

function factsOf(verdict: Valid): Fact[] {
  const { entry } = verdict;
  const facts: Fact[] = [
    ["namespace", verdict.namespace],
    ["key", toHex(verdict.key)],
    ["as of", new Date(hlcMs(verdict.time)).toISOString()],
    ["sequence", `${verdict.sequence} of epoch ${verdict.epoch}`],
  ];
  if (entry === undefined) return facts;
  return [
    ...facts,
    ...(entry.name === "" ? [] : [["name", entry.name] as const]),
    ["value", toHex(entry.valueDigest)],
    ["size", `${entry.size} bytes of ${entry.kind}`],
    ["writer", toHex(entry.writer)],
    ["operator", entry.operator],
  ];
}
