import { concatBytes, utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { SET_AXIOM_COUNT_MAX } from "../../proof/admission/proof-set.ts";
import { readAxioms, writeAxioms } from "../../proof/frame/axiom-list.ts";
import { ByteReader } from "../../proof/frame/byte-reader.ts";
import { ByteWriter } from "../../proof/frame/byte-writer.ts";
import { decodeObligation, encodeObligation } from "../../proof/frame/obligation.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import { judged, reject } from "../../proof/frame/stop.ts";
import type { Theory } from "../../proof/frame/theory.ts";
import { CITED_COUNT_MAX, RECORD_BYTES_MAX } from "./limits.ts";

const MAGIC = utf8("qpr1");
/** With the axioms that it rests on. */
const MAGIC_WITH_AXIOMS = utf8("qpr2");

/**
 * A claim that a proof proves an obligation, as it lies on disks and travels between peers. It is
 * worth nothing until the kernel has accepted it here.
 */
export interface ProofRecord {
  readonly obligation: Obligation;
  /** In the kind's stored form. */
  readonly proof: Uint8Array;
  /** Payloads of the obligations that it cites, of the same kind. Their keys are computed here. */
  readonly cited: readonly Uint8Array[];
  /**
   * What it rests on, itself through all that it cites, as whoever wrote it down found: enough to
   * hand it to nobody who lacks one of them, and no reason to believe it. Undefined: not known.
   */
  readonly axioms?: readonly Hash[] | undefined;
}

/**
 * Magic; obligation, number of cited payloads, each, axioms where they are known (which is another
 * magic), and the proof: a length and bytes each.
 */
export function encodeRecord({ obligation, proof, cited, axioms }: ProofRecord): Uint8Array {
  const head = new ByteWriter();
  const lead = (bytes: Uint8Array): void => {
    head.varint(bytes.length);
    head.bytes(bytes);
  };
  lead(encodeObligation(obligation));
  head.varint(cited.length);
  for (const payload of cited) lead(payload);
  if (axioms !== undefined) writeAxioms(head, axioms);
  head.varint(proof.length);
  const magic = axioms === undefined ? MAGIC : MAGIC_WITH_AXIOMS;
  return concatBytes(magic, head.finish(), proof);
}

/** Undefined: no record. Parts are views of the bytes. */
export function decodeRecord(bytes: Uint8Array): ProofRecord | undefined {
  const hasAxioms = startsWith(bytes, MAGIC_WITH_AXIOMS);
  if (!hasAxioms && !startsWith(bytes, MAGIC)) return undefined;
  const reader = new ByteReader(bytes.subarray(MAGIC.length));
  const result = judged(() => readRecord(reader, hasAxioms));
  return result.status === "accept" ? result.value : undefined;
}

function startsWith(bytes: Uint8Array, magic: Uint8Array): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

function readRecord(reader: ByteReader, hasAxioms: boolean): ProofRecord {
  const next = (): Uint8Array => reader.bytes(reader.varint(RECORD_BYTES_MAX));
  const obligation = decodeObligation(next()) ?? reject("obligation", 0);
  const count = reader.varint(CITED_COUNT_MAX);
  const cited: Uint8Array[] = [];
  while (cited.length < count) cited.push(next());
  const axioms = hasAxioms ? readAxioms(reader, SET_AXIOM_COUNT_MAX) : undefined;
  const proof = next();
  reader.end();
  return { obligation, proof, cited, ...(axioms !== undefined && { axioms }) };
}

/**
 * Whether it may be handed to somebody who assumes no more than this. What it rests on must be
 * known; what cites nothing rests on nothing.
 */
export function isRecordPermitted({ cited, axioms }: ProofRecord, theory: Theory): boolean {
  if (cited.length === 0) return true;
  return axioms !== undefined && theory.admits(axioms);
}
