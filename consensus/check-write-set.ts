import { equalBytes } from "../base/bytes.ts";
import { merkleRoot } from "../base/merkle.ts";
import type { Hash } from "../base/types.ts";
import type { CheckedWriteSet } from "./checked.ts";
import { keyOfName, writeSetDigest } from "./hashing.ts";
import * as limits from "./limits.ts";
import { refuse, Refusal } from "./refusal.ts";
import {
  OPERATION_ADMINISTER,
  OPERATION_PUT,
  OPERATION_WITHDRAW,
  administrationCodec,
  writeCodec,
  writeSetCodec,
  writeSetHeaderCodec,
} from "./wire/write-set.ts";
import type { Write, WriteSet, WriteSetHeader } from "./wire/write-set.ts";

type HashFunction = (bytes: Uint8Array) => Hash;

/**
 * The semantic digest of a value of this kind, whose own digest is at hand: of some kinds it is the
 * same. Undefined: the kind is unknown or refuses the bytes.
 */
export type SemanticDigestOf = (
  kind: string,
  bytes: Uint8Array,
  valueDigest: Hash,
) => Hash | undefined;

/**
 * Takes a write set apart and checks all that costs no signature and no hash of a value: its form,
 * that the header covers the writes, and that it is wholly inline or wholly by upload.
 */
export function takeWriteSetApart(
  hash: HashFunction,
  bytes: Uint8Array,
): CheckedWriteSet | Refusal {
  if (bytes.length > limits.WRITE_SET_BYTES_MAX) return refuse("write set too large");
  const wire = writeSetCodec.tryDecode(bytes);
  const header = wire && writeSetHeaderCodec.tryDecode(wire.header);
  if (wire === undefined || header === undefined) return refuse("write set malformed");
  const writes = decodeWrites(hash, wire, header);
  if (writes instanceof Refusal) return writes;
  const puts = writes.filter((write) => write.operation === OPERATION_PUT);
  const inlinePuts = puts.filter((write) => write.inline);
  if (inlinePuts.length !== 0 && inlinePuts.length !== puts.length) {
    return refuse("write set partly inline");
  }
  if (wire.values.length !== inlinePuts.length) return refuse("write set's values");
  return {
    digest: writeSetDigest(hash, wire.header),
    header,
    writes,
    wire,
    bytes,
    inline: inlinePuts.length === puts.length,
  };
}

function decodeWrites(
  hash: HashFunction,
  wire: WriteSet,
  header: WriteSetHeader,
): readonly Write[] | Refusal {
  if (header.counter <= header.settled) return refuse("write set's counter");
  if (header.writeCount === 0 || header.writeCount !== wire.writes.length) {
    return refuse("write set's count");
  }
  const writes: Write[] = [];
  for (const encoded of wire.writes) {
    const write = writeCodec.tryDecode(encoded);
    if (write === undefined || !isWellFormed(hash, write)) return refuse("write malformed");
    writes.push(write);
  }
  const root = merkleRoot(hash, wire.writes);
  return equalBytes(root, header.writesRoot) ? writes : refuse("write set's root");
}

function isWellFormed(hash: HashFunction, write: Write): boolean {
  if (write.name !== "") {
    if (write.key === undefined || !equalBytes(write.key, keyOfName(hash, write.name)))
      return false;
  }
  switch (write.operation) {
    case OPERATION_PUT:
      return (
        write.key !== undefined &&
        write.kind !== "" &&
        write.valueDigest !== undefined &&
        write.semanticDigest !== undefined &&
        write.administration.length === 0
      );
    case OPERATION_WITHDRAW:
      return write.key !== undefined && isWithoutValue(write) && write.administration.length === 0;
    case OPERATION_ADMINISTER:
      return (
        isWithoutValue(write) && administrationCodec.tryDecode(write.administration) !== undefined
      );
    default:
      return false;
  }
}

function isWithoutValue(write: Write): boolean {
  return !write.inline && write.size === 0 && write.valueDigest === undefined;
}

/** Inline values against what their writes say of them; undefined: they fit. */
export function faultOfInlineValues(
  hash: HashFunction,
  semanticDigestOf: SemanticDigestOf | undefined,
  { writes, wire }: CheckedWriteSet,
): string | undefined {
  const bytesTotal = wire.values.reduce((sum, value) => sum + value.length, 0);
  if (bytesTotal > limits.INLINE_BYTES_MAX) return "inline values too large";
  const inlinePuts = writes.filter((write) => write.inline);
  for (const [index, write] of inlinePuts.entries()) {
    const value = wire.values[index];
    if (value === undefined || value.length !== write.size) return "inline value's size";
    const valueDigest = hash(value);
    if (!equalsHash(write.valueDigest, valueDigest)) return "inline value's digest";
    const semanticDigest = semanticDigestOf?.(write.kind, value, valueDigest);
    if (semanticDigest === undefined) return "inline value's kind";
    if (!equalsHash(write.semanticDigest, semanticDigest)) return "semantic digest";
  }
  return undefined;
}

function equalsHash(claimed: Hash | undefined, actual: Hash): boolean {
  return claimed !== undefined && equalBytes(claimed, actual);
}
