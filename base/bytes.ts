/** Operations on byte strings that the browser, the client and the replica share. */

const HEX_DIGITS = "0123456789abcdef";
const HEX_OF_BYTE: readonly string[] = Array.from(
  { length: 256 },
  (_, byte) => HEX_DIGITS.charAt(byte >> 4) + HEX_DIGITS.charAt(byte & 15),
);

export const EMPTY_BYTES: Uint8Array = new Uint8Array(0);

export function toHex(bytes: Uint8Array): string {
  // Flat, where the loop leaves a tree of thirty-two pieces for whoever reads it.
  if (bytes.length === 32) return hexOfHalf(bytes, 0) + hexOfHalf(bytes, 16);
  let text = "";
  for (let index = 0; index < bytes.length; index++) text += HEX_OF_BYTE[bytes[index]!];
  return text;
}

const HIGH = Uint8Array.from(HEX_OF_BYTE, (text) => text.charCodeAt(0));
const LOW = Uint8Array.from(HEX_OF_BYTE, (text) => text.charCodeAt(1));

// oxfmt-ignore
function hexOfHalf(b: Uint8Array, at: number): string {
  return String.fromCharCode(
    HIGH[b[at + 0]!]!, LOW[b[at + 0]!]!, HIGH[b[at + 1]!]!, LOW[b[at + 1]!]!, HIGH[b[at + 2]!]!, LOW[b[at + 2]!]!, HIGH[b[at + 3]!]!, LOW[b[at + 3]!]!,
    HIGH[b[at + 4]!]!, LOW[b[at + 4]!]!, HIGH[b[at + 5]!]!, LOW[b[at + 5]!]!, HIGH[b[at + 6]!]!, LOW[b[at + 6]!]!, HIGH[b[at + 7]!]!, LOW[b[at + 7]!]!,
    HIGH[b[at + 8]!]!, LOW[b[at + 8]!]!, HIGH[b[at + 9]!]!, LOW[b[at + 9]!]!, HIGH[b[at + 10]!]!, LOW[b[at + 10]!]!, HIGH[b[at + 11]!]!, LOW[b[at + 11]!]!,
    HIGH[b[at + 12]!]!, LOW[b[at + 12]!]!, HIGH[b[at + 13]!]!, LOW[b[at + 13]!]!, HIGH[b[at + 14]!]!, LOW[b[at + 14]!]!, HIGH[b[at + 15]!]!, LOW[b[at + 15]!]!,
  );
}

/** Returns undefined unless `text` is lower-case hex of an even length. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    const high = HEX_DIGITS.indexOf(text.charAt(2 * index));
    const low = HEX_DIGITS.indexOf(text.charAt(2 * index + 1));
    if (high < 0 || low < 0) return undefined;
    bytes[index] = high * 16 + low;
  }
  return bytes;
}

export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}

/** Lexicographic order; a proper prefix comes first. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Up to here a loop beats the call into the engine. */
const SHORT_TEXT_LENGTH = 64;

export function utf8(text: string): Uint8Array {
  const { length } = text;
  if (length > SHORT_TEXT_LENGTH) return textEncoder.encode(text);
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return textEncoder.encode(text);
    bytes[index] = unit;
  }
  return bytes;
}

/** Returns undefined when the bytes are not valid UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return textDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Eight bytes, big-endian: the form in which 64-bit values are signed, hashed and sorted. */
export function uint64Bytes(value: bigint | number): Uint8Array {
  const bytes = new Uint8Array(8);
  if (typeof value === "bigint") {
    writeUint32(bytes, 0, Number((value >> 32n) & 0xffff_ffffn));
    writeUint32(bytes, 4, Number(value & 0xffff_ffffn));
  } else {
    writeUint32(bytes, 0, Math.floor(value / TWO_TO_32));
    writeUint32(bytes, 4, value);
  }
  return bytes;
}

export function readUint64(bytes: Uint8Array, offset = 0): bigint {
  if (offset + 8 > bytes.length) throw new RangeError("eight bytes reach beyond the end");
  for (let index = 0; index < 8; index++) WORD.setUint8(index, bytes[offset + index]!);
  return WORD.getBigUint64(0);
}

export function uint32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeUint32(bytes, 0, value);
  return bytes;
}

// Views of a few bytes cost more to make than the bytes to write.
const WORD = new DataView(new ArrayBuffer(8));
const TWO_TO_32 = 2 ** 32;

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
