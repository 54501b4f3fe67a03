import { concatBytes, utf8 } from "../../base/bytes.ts";
import { ByteReader } from "../../proof/frame/byte-reader.ts";
import { ByteWriter } from "../../proof/frame/byte-writer.ts";
import { decodeObligation, encodeObligation } from "../../proof/frame/obligation.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import { judged, reject } from "../../proof/frame/stop.ts";
import { CITED_COUNT_MAX, RECORD_BYTES_MAX } from "./limits.ts";

const MAGIC = utf8("qpr1");

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
}

/** Magic; obligation, number of cited payloads, each, and the proof: a length and bytes each. */
export function encodeRecord({ obligation, proof, cited }: ProofRecord): Uint8Array {
  const head = new ByteWriter();
  const lead = (bytes: Uint8Array): void => {
    head.varint(bytes.length);
    head.bytes(bytes);
  };
  lead(encodeObligation(obligation));
  head.varint(cited.length);
  for (const payload of cited) lead(payload);
  head.varint(proof.length);
  return concatBytes(MAGIC, head.finish(), proof);
}

/** Undefined: no record. Parts are views of the bytes. */
export function decodeRecord(bytes: Uint8Array): ProofRecord | undefined {
  if (MAGIC.some((byte, at) => bytes[at] !== byte)) return undefined;
  const result = judged(() => readRecord(new ByteReader(bytes.subarray(MAGIC.length))));
  return result.status === "accept" ? result.value : undefined;
}

function readRecord(reader: ByteReader): ProofRecord {
  const next = (): Uint8Array => reader.bytes(reader.varint(RECORD_BYTES_MAX));
  const obligation = decodeObligation(next()) ?? reject("obligation", 0);
  const count = reader.varint(CITED_COUNT_MAX);
  const cited: Uint8Array[] = [];
  while (cited.length < count) cited.push(next());
  const proof = next();
  reader.end();
  return { obligation, proof, cited };
}
