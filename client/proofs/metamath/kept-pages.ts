import { closeSync, ftruncateSync, openSync, readSync, rmSync } from "node:fs";
import { equalBytes, toHex } from "../../../base/bytes.ts";
import { writeFully } from "../../../base/host/atomic-file.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { HASH_SIZE } from "../../../base/types.ts";
import type { Hash } from "../../../base/types.ts";
import { SET_AXIOM_COUNT_MAX, SET_PROOF_COUNT_MAX } from "../../../proof/admission/proof-set.ts";
import { ByteReader } from "../../../proof/frame/byte-reader.ts";
import { ByteWriter } from "../../../proof/frame/byte-writer.ts";
import { keyOfObligation } from "../../../proof/frame/obligation.ts";
import { judged, reject } from "../../../proof/frame/stop.ts";
import { METAMATH_1 } from "../../../proof/metamath/database.ts";
import { SET_BYTES_MAX } from "../limits.ts";
import type { Claimed } from "./checked-pages.ts";

/** Size of a record (4 bytes) and the first bytes of its digest. */
const LEAD_SIZE = 12;
const LABEL_BYTES_MAX = 65_536;
/** Distinct axioms of one database: set.mm has 2,667. */
const AXIOM_COUNT_MAX = 1_048_576;

/**
 * What an export has fetched so far, so that it goes on there: a file beside the one that it writes.
 * Nothing in it is believed: all is checked again. An axiom's key is written out once and then goes
 * by number, which makes it a fourth of what was fetched.
 *
 *   size, start of the digest, record; a record: label, payload, number of proofs;
 *     of each the number of its axioms, their numbers (the next new one: its key follows), its bytes
 */
export class KeptPages {
  readonly #descriptor: number;
  readonly #path: string;
  readonly #numbers = new Map<string, number>();
  readonly #axioms: Hash[] = [];
  readonly #writer = new ByteWriter();
  #end = 0;
  /** Nothing more can be kept: the disk is full, or has failed. */
  #isBroken = false;

  /** @throws what the file system says */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, "a+", 0o600);
  }

  /** What is whole in it, in the order in which it came; what follows that is cut off. */
  *load(): Generator<Claimed> {
    for (;;) {
      const record = this.#readRecord();
      if (record === undefined) break;
      const claimed = judged(() => this.#decode(new ByteReader(record)));
      if (claimed.status !== "accept") break;
      this.#end += LEAD_SIZE + record.length;
      yield claimed.value;
    }
    ftruncateSync(this.#descriptor, this.#end);
  }

  /** Never throws: an export needs no room but for its own text. */
  add(claimed: Claimed): void {
    if (this.#isBroken) return;
    const record = this.#encode(claimed);
    const lead = new Uint8Array(LEAD_SIZE);
    new DataView(lead.buffer).setUint32(0, record.length);
    lead.set(nodeCrypto.hash(record).subarray(0, LEAD_SIZE - 4), 4);
    try {
      writeFully(this.#descriptor, lead);
      writeFully(this.#descriptor, record);
    } catch {
      this.#isBroken = true;
    }
  }

  #encode({ label, payload, proofs }: Claimed): Uint8Array {
    const writer = this.#writer;
    writer.reset();
    writer.text(label);
    writer.varint(payload.length);
    writer.bytes(payload);
    writer.varint(proofs.length);
    for (const { proof, axioms } of proofs) {
      writer.varint(axioms.length);
      for (const axiom of axioms) this.#writeAxiom(writer, axiom);
      writer.varint(proof.length);
      writer.bytes(proof);
    }
    return writer.finish();
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** The export is written: nobody will go on. */
  remove(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }

  #readRecord(): Uint8Array | undefined {
    const lead = this.#read(this.#end, LEAD_SIZE);
    if (lead === undefined) return undefined;
    const size = new DataView(lead.buffer).getUint32(0);
    if (size > SET_BYTES_MAX) return undefined;
    const record = this.#read(this.#end + LEAD_SIZE, size);
    if (record === undefined) return undefined;
    const digest = nodeCrypto.hash(record).subarray(0, LEAD_SIZE - 4);
    return equalBytes(digest, lead.subarray(4)) ? record : undefined;
  }

  /** Undefined: the file ends before. */
  #read(at: number, size: number): Uint8Array | undefined {
    const bytes = new Uint8Array(size);
    for (let have = 0; have < size;) {
      const count = readSync(this.#descriptor, bytes, have, size - have, at + have);
      if (count === 0) return undefined;
      have += count;
    }
    return bytes;
  }

  #decode(reader: ByteReader): Claimed {
    const label = reader.text(LABEL_BYTES_MAX);
    const payload = reader.bytes(reader.varint(SET_BYTES_MAX)).slice();
    const count = reader.varint(SET_PROOF_COUNT_MAX);
    const proofs = Array.from({ length: count }, () => {
      const axiomCount = reader.varint(SET_AXIOM_COUNT_MAX);
      const axioms = Array.from({ length: axiomCount }, () => this.#readAxiom(reader));
      return { axioms, proof: reader.bytes(reader.varint(SET_BYTES_MAX)) };
    });
    reader.end();
    const key = keyOfObligation(nodeCrypto.hash, { kind: METAMATH_1, payload });
    return { label, key, payload, proofs };
  }

  #writeAxiom(writer: ByteWriter, axiom: Hash): void {
    const text = toHex(axiom);
    const number = this.#numbers.get(text);
    writer.varint(number ?? this.#axioms.length);
    if (number !== undefined) return;
    writer.bytes(axiom);
    this.#name(text, axiom);
  }

  #readAxiom(reader: ByteReader): Hash {
    const start = reader.offset;
    const number = reader.varint(AXIOM_COUNT_MAX);
    if (number < this.#axioms.length) return this.#axioms[number]!;
    if (number > this.#axioms.length) reject("axiom-number", start);
    const axiom = reader.bytes(HASH_SIZE) as Hash;
    this.#name(toHex(axiom), axiom);
    return axiom;
  }

  #name(text: string, axiom: Hash): void {
    this.#numbers.set(text, this.#axioms.length);
    this.#axioms.push(axiom.slice() as Hash);
  }
}
