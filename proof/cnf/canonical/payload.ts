import { ByteReader } from "../../frame/byte-reader.ts";
import { ByteWriter } from "../../frame/byte-writer.ts";
import type { Meter } from "../../frame/meter.ts";
import { reject } from "../../frame/stop.ts";
import { IntList } from "../int-list.ts";
import { compareClauses } from "./clause-order.ts";
import type { ClauseList } from "./clause-order.ts";

const VARIABLES_MAX = 0x3fff_ffff;
const COUNT_MAX = 0x7fff_ffff;

export interface CanonicalCnf extends ClauseList {
  readonly variableCount: number;
}

/**
 * Varints: number of variables, number of clauses, then for each clause its size and its literals
 * (2·variable, plus 1 when negated).
 */
export function encodePayload({ variableCount, literals, starts }: CanonicalCnf): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(variableCount);
  writer.varint(starts.length - 1);
  for (let clause = 0; clause + 1 < starts.length; clause++) {
    writer.varint(starts[clause + 1]! - starts[clause]!);
    for (let at = starts[clause]!; at < starts[clause + 1]!; at++) writer.varint(literals[at]!);
  }
  return writer.finish();
}

/**
 * Strictly: literals rise within a clause and clauses rise, none is a tautology, each variable
 * occurs, and an empty clause is alone. Whether the numbering is the canonical one cannot be told
 * cheaply; if it is not, the payload merely has a key of its own.
 */
export function decodePayload(payload: Uint8Array, meter: Meter): CanonicalCnf {
  meter.spend(payload.length);
  const reader = new ByteReader(payload);
  const variableCount = reader.varint(VARIABLES_MAX);
  const clauseCount = reader.varint(COUNT_MAX);
  // Each takes a byte at least: what is promised beyond that is not allocated.
  if (variableCount > payload.length || clauseCount > payload.length) reject("payload-counts", 0);
  const literals = new IntList(meter, payload.length);
  const starts = new IntList(meter, clauseCount + 1);
  meter.hold(variableCount);
  const isUsed = new Uint8Array(variableCount);
  starts.push(0);
  for (let clause = 0; clause < clauseCount; clause++) {
    const offset = reader.offset;
    readClause(reader, literals, isUsed);
    starts.push(literals.length);
    const list = { literals: literals.items, starts: starts.items };
    if (clause > 0 && compareClauses(list, clause - 1, clause) >= 0) {
      reject("payload-order", offset);
    }
  }
  reader.end();
  if (isUsed.includes(0)) reject("payload-variable-unused", payload.length);
  const [first, second] = [starts.items[0], starts.items[1]];
  if (clauseCount > 1 && first === second) reject("payload-empty-clause", 0);
  return { variableCount, literals: literals.take(), starts: starts.take() };
}

function readClause(reader: ByteReader, literals: IntList, isUsed: Uint8Array): void {
  const size = reader.varint(COUNT_MAX);
  let before = -1;
  for (let count = 0; count < size; count++) {
    const offset = reader.offset;
    const literal = reader.varint(2 * isUsed.length - 1);
    if (literal <= before) reject("payload-order", offset);
    if (literal === (before ^ 1) && before >= 0) reject("payload-tautology", offset);
    isUsed[literal >>> 1] = 1;
    literals.push(literal);
    before = literal;
  }
}
