const fromCodes = String.fromCharCode;

/**
 * A byte string as a Map key: one UTF-16 unit a byte. Shorter and cheaper to make than hex, and
 * never shown to anybody. Nearly all are digests, and written out one costs a third.
 */
export function keyText(bytes: Uint8Array): string {
  return bytes.length === 32
    ? textOfDigest(bytes)
    : fromCodes.apply(undefined, bytes as unknown as number[]);
}

// oxfmt-ignore
function textOfDigest(b: Uint8Array): string {
  return fromCodes(
    b[0]!, b[1]!, b[2]!, b[3]!, b[4]!, b[5]!, b[6]!, b[7]!,
    b[8]!, b[9]!, b[10]!, b[11]!, b[12]!, b[13]!, b[14]!, b[15]!,
    b[16]!, b[17]!, b[18]!, b[19]!, b[20]!, b[21]!, b[22]!, b[23]!,
    b[24]!, b[25]!, b[26]!, b[27]!, b[28]!, b[29]!, b[30]!, b[31]!,
  );
}
