import { concatBytes, fromUtf8, utf8 } from "../../base/bytes.ts";
import { hashParts } from "../../base/hash-parts.ts";
import type { Hash } from "../../base/types.ts";

const MAGIC = utf8("obl");
const FORMAT_VERSION = 1;
const HEAD_SIZE = MAGIC.length + 2;
/** A kind is a short word, a stroke and a number; so one byte holds its length. */
const KIND_BYTES_MAX = 64;
const KEY_TAG = utf8("quorate/obligation/1\0");

type HashFunction = (bytes: Uint8Array) => Hash;

export interface Obligation {
  /** With its version, as in `cnf/1`: a changed canonical form is a new kind. */
  readonly kind: string;
  readonly payload: Uint8Array;
}

/** `"obl" version length(kind) kind payload`: the statement as it is kept and compared. */
export function encodeObligation({ kind, payload }: Obligation): Uint8Array {
  return concatBytes(headOf(kind), payload);
}

function headOf(kind: string): Uint8Array {
  const name = utf8(kind);
  return concatBytes(MAGIC, Uint8Array.of(FORMAT_VERSION, name.length), name);
}

/** Undefined: no obligation of this format. The payload is still to be judged by its kind. */
export function decodeObligation(bytes: Uint8Array): Obligation | undefined {
  if (bytes.length < HEAD_SIZE || MAGIC.some((byte, index) => bytes[index] !== byte)) {
    return undefined;
  }
  const [version, size] = [bytes[MAGIC.length]!, bytes[MAGIC.length + 1]!];
  if (version !== FORMAT_VERSION || size === 0 || size > KIND_BYTES_MAX) return undefined;
  if (bytes.length < HEAD_SIZE + size) return undefined;
  const kind = fromUtf8(bytes.subarray(HEAD_SIZE, HEAD_SIZE + size));
  return kind === undefined ? undefined : { kind, payload: bytes.subarray(HEAD_SIZE + size) };
}

/** The name under which equal obligations meet: SHA-256 over kind, version and canonical text. */
export function keyOfObligation(hash: HashFunction, obligation: Obligation): Hash {
  return hashParts(hash, KEY_TAG, encodeObligation(obligation));
}

/** What is hashed for a key in front of the payload, for a payload that comes in pieces. */
export function keyPrefix(kind: string): Uint8Array {
  return concatBytes(KEY_TAG, headOf(kind));
}
