import { ByteReader } from "../frame/byte-reader.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import type { Claim } from "./claim-check.ts";

/** A claim whose proof is at hand; undefined: an axiom, which has none. */
export interface WholeClaim {
  readonly claim: Omit<Claim, "proofSize">;
  readonly proof: Uint8Array | undefined;
}

const KIND_BYTES_MAX = 64;
const NUMBER_MAX = 2 ** 32 - 1;

/**
 * Claims in one piece, for a thread: a theorem cites dozens of others, and to hand each over by
 * itself costs more than to check the proof.
 */
export function encodeClaims(claims: readonly WholeClaim[]): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(claims.length);
  for (const { claim, proof } of claims) {
    writer.text(claim.kind);
    writePart(writer, claim.payload);
    writer.byte(proof === undefined ? 0 : 1);
    if (proof !== undefined) writePart(writer, proof);
    writer.varint(claim.cited.length);
    for (const one of claim.cited) writePart(writer, one);
  }
  return writer.finish();
}

/** Views, of what this very program wrote. */
export function decodeClaims(bytes: Uint8Array): readonly WholeClaim[] {
  const reader = new ByteReader(bytes);
  return Array.from({ length: reader.varint(NUMBER_MAX) }, () => {
    const kind = reader.text(KIND_BYTES_MAX);
    const payload = readPart(reader);
    const proof = reader.byte() === 0 ? undefined : readPart(reader);
    const cited = Array.from({ length: reader.varint(NUMBER_MAX) }, () => readPart(reader));
    return { claim: { kind, payload, cited }, proof };
  });
}

function writePart(writer: ByteWriter, part: Uint8Array): void {
  writer.varint(part.length);
  writer.bytes(part);
}

function readPart(reader: ByteReader): Uint8Array {
  return reader.bytes(reader.varint(NUMBER_MAX));
}
