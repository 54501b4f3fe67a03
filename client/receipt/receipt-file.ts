import { equalBytes, fromHex, fromUtf8, toHex, utf8 } from "../../base/bytes.ts";

/**
 * A receipt as a file: two lines of text, so that it survives mail and terminals.
 *
 *   quorate-receipt 1
 *   <the encoded receipt in hex>
 */
const HEADER = "quorate-receipt 1\n";

/** Larger than any receipt: rows, certificate and path under their bounds. */
export const RECEIPT_FILE_BYTES_MAX: number = 4 * 1024 * 1024;

export function formatReceiptFile(receipt: Uint8Array): Uint8Array {
  return utf8(`${HEADER}${toHex(receipt)}\n`);
}

/** Undefined: no receipt file, not even a damaged one. Only the exact form is taken. */
export function parseReceiptFile(file: Uint8Array): Uint8Array | undefined {
  if (file.length > RECEIPT_FILE_BYTES_MAX) return undefined;
  const text = fromUtf8(file);
  if (text?.startsWith(HEADER) !== true || !text.endsWith("\n")) return undefined;
  const receipt = fromHex(text.slice(HEADER.length, -1));
  if (receipt === undefined || !equalBytes(formatReceiptFile(receipt), file)) return undefined;
  return receipt;
}
