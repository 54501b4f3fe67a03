/** A byte string as a Map key: one UTF-16 unit a byte. Cheaper than hex, and never shown. */
export function byteText(bytes: Uint8Array): string {
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}
