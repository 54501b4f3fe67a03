/** Bytes of the texts in which formulas and proofs are written. */
export const SPACE = 0x20;
export const TAB = 0x09;
export const NEWLINE = 0x0a;
export const RETURN = 0x0d;
export const MINUS = 0x2d;
export const ZERO = 0x30;
export const NINE = 0x39;

/** A number of a variable or a clause, beyond which no solver goes: 2^31−1. */
export const NUMBER_MAX = 0x7fff_ffff;

export function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === NEWLINE || byte === TAB || byte === RETURN;
}

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
