import { concatBytes, utf8 } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { HASH_SIZE, PUBLIC_KEY_SIZE, SIGNATURE_SIZE } from "../../../base/types.ts";
import type { Hash, PublicKey, Signature } from "../../../base/types.ts";
import { decodeTheoryWords, encodeTheoryWords } from "../../../proof/frame/theory-words.ts";
import type { TheoryWords } from "../../../proof/frame/theory-words.ts";
import type { Signer } from "../../types.ts";

const QUERY = utf8("qry2");
const PROOF = utf8("prf1");
const ANNOUNCE = utf8("ann1");
const ANNOUNCE_TAG = utf8("quorate/peer-announcement/1\0");
/** Of what stands before the theory. */
const QUERY_SIZE = QUERY.length + 1 + HASH_SIZE;
const ANNOUNCED_SIZE = PUBLIC_KEY_SIZE + 2 + 8;
const ANNOUNCE_SIZE = ANNOUNCE.length + ANNOUNCED_SIZE + SIGNATURE_SIZE;

/**
 * "Do you have a proof of this, from nothing else than that?" With one hop left the asked one may ask
 * its own peers.
 */
export interface PeerQuery {
  readonly key: Hash;
  readonly hops: 0 | 1;
  readonly theory: TheoryWords;
}

/** "I answer at this port", on the address from which it was sent. */
export interface Announcement {
  readonly publicKey: PublicKey;
  readonly port: number;
  readonly timeMs: number;
}

export function encodeQuery({ key, hops, theory }: PeerQuery): Uint8Array {
  return concatBytes(QUERY, Uint8Array.of(hops), key, encodeTheoryWords(theory));
}

export function decodeQuery(bytes: Uint8Array): PeerQuery | undefined {
  if (bytes.length < QUERY_SIZE || !startsWith(bytes, QUERY)) return undefined;
  const hops = bytes[QUERY.length]!;
  const theory = decodeTheoryWords(bytes.subarray(QUERY_SIZE));
  if ((hops !== 0 && hops !== 1) || theory === undefined) return undefined;
  return { hops, key: bytes.slice(QUERY.length + 1, QUERY_SIZE) as Hash, theory };
}

/** A record (proof-record.ts), or nothing behind the head: none. */
export function encodeProofMessage(record: Uint8Array | undefined): Uint8Array {
  return record === undefined ? PROOF : concatBytes(PROOF, record);
}

/** Undefined: no PROOF message. Empty: none. */
export function decodeProofMessage(bytes: Uint8Array): Uint8Array | undefined {
  return startsWith(bytes, PROOF) ? bytes.subarray(PROOF.length) : undefined;
}

export function encodeAnnouncement(signer: Signer, port: number, timeMs: number): Uint8Array {
  const body = new Uint8Array(ANNOUNCED_SIZE);
  body.set(signer.publicKey);
  const view = new DataView(body.buffer);
  view.setUint16(PUBLIC_KEY_SIZE, port);
  view.setFloat64(PUBLIC_KEY_SIZE + 2, timeMs);
  return concatBytes(ANNOUNCE, body, signer.sign(concatBytes(ANNOUNCE_TAG, body)));
}

/** Undefined: not an announcement, or its signature does not hold. */
export function decodeAnnouncement(bytes: Uint8Array): Announcement | undefined {
  if (bytes.length !== ANNOUNCE_SIZE || !startsWith(bytes, ANNOUNCE)) return undefined;
  const body = bytes.slice(ANNOUNCE.length, ANNOUNCE.length + ANNOUNCED_SIZE);
  const signature = bytes.slice(ANNOUNCE.length + ANNOUNCED_SIZE) as Signature;
  const publicKey = body.slice(0, PUBLIC_KEY_SIZE) as PublicKey;
  if (!nodeCrypto.verify(publicKey, concatBytes(ANNOUNCE_TAG, body), signature)) return undefined;
  const view = new DataView(body.buffer);
  const timeMs = view.getFloat64(PUBLIC_KEY_SIZE + 2);
  return { publicKey, port: view.getUint16(PUBLIC_KEY_SIZE), timeMs };
}

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  return head.every((byte, at) => bytes[at] === byte);
}
