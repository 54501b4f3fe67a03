import { concatBytes, equalBytes, utf8 } from "../../base/bytes.ts";
import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import { receiptCodec } from "../wire/receipt.ts";
import type { Receipt } from "../wire/receipt.ts";

/**
 * A receipt as it is kept and handed on: its encoding and a checksum over it.
 *
 * The checksum proves nothing: whoever changes a receipt can compute it anew. It is there because
 * one path proves the absence of many keys, so that an absence whose key was damaged on the way
 * would be a true statement about a key that nobody asked for. With it every damage is noticed;
 * against malice the asker compares the key with its own.
 */
const TAG = utf8("quorate/receipt/1\0");

type HashFunction = (bytes: Uint8Array) => Hash;

export function encodeReceipt(hash: HashFunction, receipt: Receipt): Uint8Array {
  const body = receiptCodec.encode(receipt);
  return concatBytes(body, hash(concatBytes(TAG, body)));
}

/** Undefined: not the bytes that `encodeReceipt` made. */
export function decodeReceipt(hash: HashFunction, bytes: Uint8Array): Receipt | undefined {
  if (bytes.length < HASH_SIZE) return undefined;
  const body = bytes.subarray(0, bytes.length - HASH_SIZE);
  if (!equalBytes(bytes.subarray(body.length), hash(concatBytes(TAG, body)))) return undefined;
  return receiptCodec.tryDecode(body);
}
