/**
 * A byte string as a Map key: one UTF-16 unit a byte. Shorter and cheaper to make than hex, and
 * never shown to anybody.
 */
export function keyText(bytes: Uint8Array): string {
  return String.fromCharCode.apply(undefined, bytes as unknown as number[]);
}
