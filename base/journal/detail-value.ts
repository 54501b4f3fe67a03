import { DIGEST_LETTERS } from "./journal-event.ts";

/** How one value of a detail is written. Part of a shape, so that an event carries values alone. */
export const DETAIL_TEXT = 0;
/** A safe integer, not negative. */
export const DETAIL_NATURAL = 1;
/** A negative safe integer, as −1 − value. */
export const DETAIL_NEGATIVE = 2;
/** Any other number, as eight bytes. */
export const DETAIL_FLOAT = 3;
/** Sixteen letters of lower-case hex, as eight bytes. */
export const DETAIL_DIGEST = 4;
export const DETAIL_TRUE = 5;
const DETAIL_FALSE = 6;

/** The last of them. */
export const DETAIL_TYPE_MAX = 6;
export const DIGEST_SIZE: number = DIGEST_LETTERS / 2;

/** The one type in which this value may be written. */
export function detailTypeOf(value: string | number | boolean): number {
  if (typeof value === "string") return isDigest(value) ? DETAIL_DIGEST : DETAIL_TEXT;
  if (typeof value === "boolean") return value ? DETAIL_TRUE : DETAIL_FALSE;
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return DETAIL_FLOAT;
  return value < 0 ? DETAIL_NEGATIVE : DETAIL_NATURAL;
}

function isDigest(text: string): boolean {
  if (text.length !== DIGEST_LETTERS) return false;
  for (let index = 0; index < DIGEST_LETTERS; index++) {
    const unit = text.charCodeAt(index);
    const isDigit = unit >= 0x30 && unit <= 0x39;
    if (!isDigit && (unit < 0x61 || unit > 0x66)) return false;
  }
  return true;
}
