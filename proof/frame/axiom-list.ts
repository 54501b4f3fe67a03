import { compareBytes } from "../../base/bytes.ts";
import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { reject } from "./stop.ts";

/** Their number, and their keys ascending: one form for each set of axioms. */
export function writeAxioms(writer: ByteWriter, axioms: readonly Hash[]): void {
  writer.varint(axioms.length);
  for (const axiom of axioms) writer.bytes(axiom);
}

/** Views. Inside of `judged`; rejects with `axioms-not-ascending`, too. */
export function readAxioms(reader: ByteReader, countMax: number): readonly Hash[] {
  const axioms: Hash[] = [];
  for (let left = reader.varint(countMax); left > 0; left--) {
    const start = reader.offset;
    const axiom = reader.bytes(HASH_SIZE) as Hash;
    const before = axioms.at(-1);
    if (before !== undefined && compareBytes(before, axiom) >= 0) {
      reject("axioms-not-ascending", start);
    }
    axioms.push(axiom);
  }
  return axioms;
}
