import { toHex } from "../../base/bytes.ts";
import { hlcMs } from "../../base/hlc.ts";
import type { ReceiptVerdict } from "../../consensus/receipt/verify-receipt.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";

/**
 * What a receipt shows, for people. It names the receipt's time, because that is all it can speak
 * of: what has become of the entry since, no receipt knows.
 */
export function receiptText(verdict: ReceiptVerdict): string {
  if (!verdict.valid) return `refused (${verdict.code}): ${verdict.reason}\n`;
  const about = [
    `at          ${new Date(hlcMs(verdict.time)).toISOString()}`,
    `namespace   ${verdict.namespace}`,
    `key         ${toHex(verdict.key)}`,
  ];
  const position = [`sequence    ${verdict.sequence} of epoch ${verdict.epoch}`];
  const lines =
    verdict.kind === "presence"
      ? ["valid       the entry was served", ...about, ...entryLines(verdict.entry), ...position]
      : [`valid       nothing was served: ${verdict.absence}`, ...about, ...position];
  return `${lines.join("\n")}\n`;
}

function entryLines(entry: EntryRow): readonly string[] {
  const name = entry.name === "" ? [] : [`name        ${JSON.stringify(entry.name)}`];
  return [
    ...name,
    `value       ${toHex(entry.valueDigest)}, ${entry.size} bytes, ${entry.kind}`,
    `writer      ${toHex(entry.writer)} of ${JSON.stringify(entry.operator)}`,
  ];
}
