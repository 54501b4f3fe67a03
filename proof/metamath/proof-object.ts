import type { Hash } from "../../base/types.ts";
import { HASH_SIZE } from "../../base/types.ts";
import { ByteReader } from "../frame/byte-reader.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import type { Meter } from "../frame/meter.ts";
import { reject } from "../frame/stop.ts";

const COUNT_MAX = 2 ** 24;
const STEP_SAVE = 0;
/** The order flag of a citation whose arguments come variables first, then essentials. */
const ORDER_NATURAL = 0;
const TOKEN_BYTES_MAX = 1 << 16;
const ARGUMENTS_MAX = 1 << 20;

/** An assertion that a proof cites. */
export interface Citation {
  readonly key: Hash;
  /** Stack position by hypothesis number; undefined: variables first, then essentials. */
  readonly positions: readonly number[] | undefined;
}

/**
 * A proof as it is stored, in the obligation's canonical numbering:
 *
 *   number of dummies, a typecode (length and bytes) each
 *   number of citations; each 32 bytes of key, then 0, or the number of its arguments
 *     and for each hypothesis its position on the stack
 *   number of steps, and the steps: 0 remembers the step before it; k + 1 is
 *     hypothesis k (variables, essentials, dummies), then citation, then remembered step
 *
 * A dummy is a variable that only the proof uses; it is distinct from every other variable.
 */
export interface ProofObject {
  readonly dummies: readonly Uint8Array[];
  readonly citations: readonly Citation[];
  readonly steps: Uint8Array;
  readonly stepCount: number;
}

/** Over a writer that is used again and again, it grows once. */
export function encodeProof(proof: ProofObject, writer: ByteWriter = new ByteWriter()): Uint8Array {
  writer.reset();
  writer.varint(proof.dummies.length);
  for (const typecode of proof.dummies) {
    writer.varint(typecode.length);
    writer.bytes(typecode);
  }
  writer.varint(proof.citations.length);
  for (const { key, positions } of proof.citations) {
    writer.slice(key, 0, HASH_SIZE);
    writer.varint(positions?.length ?? ORDER_NATURAL);
    for (const position of positions ?? []) writer.varint(position);
  }
  writer.varint(proof.stepCount);
  writer.bytes(proof.steps);
  return writer.finish();
}

/** The part before the steps; the reader then stands at the first step. */
export interface ProofHead {
  readonly dummies: readonly Uint8Array[];
  readonly citations: readonly CitationAt[];
  readonly stepCount: number;
}

export interface CitationAt extends Citation {
  /** Where it stands in the proof. */
  readonly offset: number;
}

export function readProofHead(reader: ByteReader, meter: Meter): ProofHead {
  const dummies: Uint8Array[] = [];
  for (let left = readCount(reader, meter); left > 0; left--) {
    const start = reader.offset;
    const typecode = reader.bytes(reader.varint(TOKEN_BYTES_MAX));
    if (typecode.length === 0) reject("dummy-typecode", start);
    dummies.push(typecode);
  }
  const citations: CitationAt[] = [];
  for (let left = readCount(reader, meter); left > 0; left--)
    citations.push(readCitation(reader, meter));
  const start = reader.offset;
  const stepCount = reader.varint(COUNT_MAX);
  if (stepCount > reader.left) reject("count", start);
  return { dummies, citations, stepCount };
}

/** Of things of at least one byte each. */
function readCount(reader: ByteReader, meter: Meter): number {
  const start = reader.offset;
  meter.offset = start;
  const count = reader.varint(COUNT_MAX);
  if (count > reader.left) reject("count", start);
  meter.spend(count + 1);
  meter.hold(64 * count);
  return count;
}

function readCitation(reader: ByteReader, meter: Meter): CitationAt {
  const offset = reader.offset;
  const key = reader.bytes(HASH_SIZE) as Hash;
  const countAt = reader.offset;
  const count = reader.varint(ARGUMENTS_MAX);
  if (count > reader.left) reject("count", countAt);
  if (count === ORDER_NATURAL) return { key, positions: undefined, offset };
  meter.spend(count);
  meter.hold(16 * count);
  const positions: number[] = [];
  const taken = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const start = reader.offset;
    const position = reader.varint(ARGUMENTS_MAX);
    if (position >= count || taken[position] === 1) reject("order", start);
    taken[position] = 1;
    positions.push(position);
  }
  return { key, positions, offset };
}

/** Undefined: remember the step before it. */
export function readStep(reader: ByteReader): number | undefined {
  const code = reader.varint(COUNT_MAX);
  return code === STEP_SAVE ? undefined : code - 1;
}
