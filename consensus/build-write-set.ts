import { merkleRoot } from "../base/merkle.ts";
import type { Epoch, Hash, Hlc, PublicKey, Signature } from "../base/types.ts";
import { writeSetDigest } from "./hashing.ts";
import { DOMAIN, signingBytes } from "./signing.ts";
import { writeCodec, writeSetCodec, writeSetHeaderCodec } from "./wire/write-set.ts";
import type { Write } from "./wire/write-set.ts";

export interface WriteSetParts {
  readonly clusterId: Hash;
  readonly epoch: Epoch;
  readonly writer: PublicKey;
  /** 16 random bytes of this process. */
  readonly session: Uint8Array;
  /** From 1, once each. */
  readonly counter: number;
  /** Below `counter`; 0 when absent: nothing is forgotten before the window is full. */
  readonly settled?: number;
  readonly notAfter: Hlc;
  readonly writes: readonly Write[];
  /** Of the inline puts, in their order; none when the values are uploaded. */
  readonly values: readonly Uint8Array[];
}

export interface BuiltWriteSet {
  /** As submitted, and as carried in a proposal. */
  readonly bytes: Uint8Array;
  /** `writeSetDigest` of its header: what the answer names. */
  readonly digest: Hash;
}

/** Encodes and signs one write set: one signature, however many writes. */
export function buildWriteSet(
  parts: WriteSetParts,
  sign: (message: Uint8Array) => Signature,
  hash: (bytes: Uint8Array) => Hash,
): BuiltWriteSet {
  const { clusterId, epoch, writer, session, counter, notAfter, values } = parts;
  const writes = parts.writes.map((write) => writeCodec.encode(write));
  const header = writeSetHeaderCodec.encode({
    epoch,
    writer,
    session,
    counter,
    notAfter,
    writesRoot: merkleRoot(hash, writes),
    writeCount: writes.length,
    settled: parts.settled ?? 0,
  });
  const signature = sign(signingBytes(DOMAIN.writeSet, clusterId, epoch, header));
  return {
    bytes: writeSetCodec.encode({ header, signature, writes, values }),
    digest: writeSetDigest(hash, header),
  };
}
