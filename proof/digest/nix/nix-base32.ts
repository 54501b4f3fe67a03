const DIGITS = "0123456789abcdfghijklmnpqrsvwxyz";

/** Nix's own base 32, last digit first. Undefined: not the text of so many bytes. */
export function fromNixBase32(text: string, size: number): Uint8Array | undefined {
  if (text.length !== Math.ceil((size * 8) / 5)) return undefined;
  const bytes = new Uint8Array(size);
  for (let index = 0; index < text.length; index++) {
    const digit = DIGITS.indexOf(text.charAt(text.length - 1 - index));
    if (digit < 0) return undefined;
    const bit = index * 5;
    const at = bit >> 3;
    const wide = digit << (bit & 7);
    bytes[at] = bytes[at]! | (wide & 0xff);
    if (at + 1 < size) bytes[at + 1] = bytes[at + 1]! | (wide >> 8);
    else if (wide >> 8 !== 0) return undefined;
  }
  return bytes;
}
