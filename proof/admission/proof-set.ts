import { concatBytes, equalBytes, uint32Bytes, utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { readAxioms, writeAxioms } from "../frame/axiom-list.ts";
import { ByteReader } from "../frame/byte-reader.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import type { CheckResult } from "../frame/check-result.ts";
import { judged, reject } from "../frame/stop.ts";

/**
 * What a cache holds under an obligation's key: the obligation itself and every proof of it that
 * rests on other axioms than the rest. An axiom has no proof: it stands for itself.
 *
 *   "prf" 1, size of the head (4 bytes), head, payload, the proofs one after another
 *   head: kind, size of the payload, number of proofs; for each the checker's id,
 *     the number of its axioms, their keys ascending, its size
 */
export interface ProofSet {
  /** As in `cnf/1`. */
  readonly kind: string;
  readonly payload: Uint8Array;
  readonly proofs: readonly SetProof[];
}

export interface SetProof extends SetProofHead {
  readonly proof: Uint8Array;
}

/** What is said of one proof, and covered by the set's semantic digest. */
export interface SetProofHead {
  /** Who accepts it: name, version and budget (frame/budget.ts). */
  readonly checker: string;
  /** Everything that it may rest on, itself through all that it cites; ascending. */
  readonly axioms: readonly Hash[];
}

export interface ProofSetHead {
  readonly kind: string;
  readonly payloadSize: number;
  readonly proofs: readonly (SetProofHead & { readonly size: number })[];
}

const MAGIC: Uint8Array = concatBytes(utf8("prf"), Uint8Array.of(1));
/** Magic and the size of the head. */
export const PROOF_SET_LEAD_SIZE: number = MAGIC.length + 4;
/** As many logics as one statement is likely to be asked in. */
export const SET_PROOF_COUNT_MAX = 8;
/** Set.mm has 2,667 axioms, those of syntax included. */
export const SET_AXIOM_COUNT_MAX = 4096;
/** All heads that the bounds above allow. */
export const PROOF_SET_HEAD_SIZE_MAX: number = SET_PROOF_COUNT_MAX * SET_AXIOM_COUNT_MAX * 33;
const KIND_BYTES_MAX = 64;
const CHECKER_BYTES_MAX = 160;
const SIZE_MAX = 2 ** 30;

export function encodeProofSet(set: ProofSet): Uint8Array {
  const head = new ByteWriter();
  head.text(set.kind);
  head.varint(set.payload.length);
  head.varint(set.proofs.length);
  for (const { checker, axioms, proof } of set.proofs) {
    head.text(checker);
    writeAxioms(head, axioms);
    head.varint(proof.length);
  }
  const written = head.finish();
  return concatBytes(
    ...[MAGIC, uint32Bytes(written.length), written, set.payload],
    ...set.proofs.map(({ proof }) => proof),
  );
}

/** Views into the bytes, not copies. Offsets of a rejection are those of the whole. */
export function decodeProofSet(bytes: Uint8Array): CheckResult<ProofSet> {
  return judged(() => {
    const size = sizeOfHead(bytes);
    const end = PROOF_SET_LEAD_SIZE + size;
    if (bytes.length < end) reject("cut-short", bytes.length);
    const head = readProofSetHead(bytes.subarray(PROOF_SET_LEAD_SIZE, end));
    const reader = new ByteReader(bytes);
    reader.offset = end;
    const payload = reader.bytes(head.payloadSize);
    const proofs = head.proofs.map(({ checker, axioms, size: proofSize }) => ({
      checker,
      axioms,
      proof: reader.bytes(proofSize),
    }));
    reader.end();
    return { kind: head.kind, payload, proofs };
  });
}

/** Of the first bytes, {@link PROOF_SET_LEAD_SIZE} of them. Inside of `judged`. */
export function sizeOfHead(lead: Uint8Array): number {
  if (lead.length < PROOF_SET_LEAD_SIZE) reject("cut-short", lead.length);
  if (!equalBytes(lead.subarray(0, MAGIC.length), MAGIC)) reject("not-a-proof-set", 0);
  const view = new DataView(lead.buffer, lead.byteOffset, PROOF_SET_LEAD_SIZE);
  const size = view.getUint32(MAGIC.length);
  if (size > PROOF_SET_HEAD_SIZE_MAX) reject("head-too-large", MAGIC.length);
  return size;
}

/** Inside of `judged`. */
export function readProofSetHead(bytes: Uint8Array): ProofSetHead {
  const reader = new ByteReader(bytes);
  const kind = reader.text(KIND_BYTES_MAX);
  const payloadSize = reader.varint(SIZE_MAX);
  const count = reader.varint(SET_PROOF_COUNT_MAX);
  const proofs = Array.from({ length: count }, () => ({
    checker: reader.text(CHECKER_BYTES_MAX),
    axioms: readAxioms(reader, SET_AXIOM_COUNT_MAX),
    size: reader.varint(SIZE_MAX),
  }));
  reader.end();
  return { kind, payloadSize, proofs };
}
