import { concatBytes, equalBytes, uint32Bytes, utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import type { StartHash } from "../digest/artifact-kind.ts";
import { ByteReader } from "../frame/byte-reader.ts";
import type { CheckResult } from "../frame/check-result.ts";
import { keyOfObligation } from "../frame/obligation.ts";
import { judged, reject } from "../frame/stop.ts";
import type { Theory } from "../frame/theory.ts";
import { meaningOfSet } from "./proof-set-digester.ts";
import { PROOF_SET_HEAD_SIZE_MAX, readProofSetHead } from "./proof-set.ts";
import type { SetProof, SetProofHead } from "./proof-set.ts";

/**
 * So much of a set of proofs as a theory permits, which is what the asked one sends: the whole head,
 * the obligation, and of the proofs those that the asker may use. The head says what each proof
 * rests on, and the set's semantic digest covers it: so nobody can leave out a proof that will do,
 * nor say of one that it rests on less than it does.
 *
 *   "prp" 1, a bit for each proof that is there, size of the head (4 bytes), head, payload, proofs
 *
 * An axiom has no proof: its first bit says whether the theory has it.
 */
export interface PermittedSet {
  readonly kind: string;
  readonly payload: Uint8Array;
  /** Of all proofs of the set. */
  readonly heads: readonly SetProofHead[];
  /** Those that are there. */
  readonly proofs: readonly SetProof[];
  readonly bits: number;
}

const MAGIC: Uint8Array = concatBytes(utf8("prp"), Uint8Array.of(1));

/** What stands before the head. */
export function permittedLead(bits: number, headSize: number): Uint8Array {
  return concatBytes(MAGIC, Uint8Array.of(bits), uint32Bytes(headSize));
}

export function isPermittedSet(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, at) => bytes[at] === byte);
}

/** The bits of the proofs that this theory permits; of an axiom the first. */
export function permittedBits(heads: readonly SetProofHead[], key: Hash, theory: Theory): number {
  if (heads.length === 0) return theory.permits(key) ? 1 : 0;
  return heads.reduce(
    (bits, { axioms }, index) => (theory.admits(axioms) ? bits | (1 << index) : bits),
    0,
  );
}

/** Views into the bytes. */
export function decodePermittedSet(bytes: Uint8Array): CheckResult<PermittedSet> {
  return judged(() => {
    if (!isPermittedSet(bytes)) reject("not-a-permitted-set", 0);
    const reader = new ByteReader(bytes);
    reader.offset = MAGIC.length;
    const bits = reader.byte();
    const size = reader.bytes(4);
    const headSize = new DataView(size.buffer, size.byteOffset, 4).getUint32(0);
    if (headSize > PROOF_SET_HEAD_SIZE_MAX) reject("head-too-large", MAGIC.length + 1);
    const head = readProofSetHead(reader.bytes(headSize));
    if (bits >= 1 << Math.max(1, head.proofs.length)) reject("bits", MAGIC.length);
    const payload = reader.bytes(head.payloadSize);
    const sent = head.proofs.filter((_proof, index) => (bits >>> index) & 1);
    const proofs = sent.map(({ checker, axioms, size: proofSize }) => ({
      ...{ checker, axioms },
      proof: reader.bytes(proofSize),
    }));
    reader.end();
    return { kind: head.kind, payload, heads: head.proofs, proofs, bits };
  });
}

/** The certified entry that an answer is about. */
export interface SetEntry {
  readonly kind: string;
  readonly key: Hash;
  readonly semanticDigest: Hash;
}

/**
 * Whether an answer is what the certified entry says under this theory: of its obligation, with its
 * heads, with each proof that the theory permits and with no other. The proofs are still claims.
 */
export function isPermittedAnswer(
  tools: { readonly hash: (bytes: Uint8Array) => Hash; readonly startHash: StartHash },
  bytes: Uint8Array,
  { kind, key, semanticDigest }: SetEntry,
  theory: Theory,
): boolean {
  const decoded = decodePermittedSet(bytes);
  if (decoded.status !== "accept" || decoded.value.kind !== kind) return false;
  const { payload, heads, bits } = decoded.value;
  const own = keyOfObligation(tools.hash, { kind, payload });
  const meaning = meaningOfSet(tools.startHash, own, heads);
  return (
    equalBytes(own, key) &&
    equalBytes(meaning, semanticDigest) &&
    bits === permittedBits(heads, key, theory)
  );
}
