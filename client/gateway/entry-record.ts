import { equalBytes, fromUtf8, readUint64, utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";

/** What the gateway remembers beside a cached value (CachedEntry.record). */
export interface EntryRecord {
  /** Proven by the cluster; else only put through this gateway. */
  readonly certified: boolean;
  readonly kind: string;
  readonly semanticDigest: Hash;
  /** As certified; the cached value may be a rewritten form of it. */
  readonly certifiedDigest: Hash;
  /** Versioned kinds: the version certified; 0 for what is not. */
  readonly version: number;
  /** Milliseconds since 1970; 0: no end. Of what is not certified: how long it may be `own`. */
  readonly expiryMs: number;
}

const FORMAT = 1;
const FIXED_SIZE = 2 + 32 + 32 + 8 + 8;

export function encodeEntryRecord(record: EntryRecord): Uint8Array {
  const kind = utf8(record.kind);
  const bytes = new Uint8Array(FIXED_SIZE + kind.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = FORMAT;
  bytes[1] = record.certified ? 1 : 0;
  bytes.set(record.semanticDigest, 2);
  bytes.set(record.certifiedDigest, 34);
  view.setBigUint64(66, BigInt(record.version));
  view.setBigUint64(74, BigInt(record.expiryMs));
  bytes.set(kind, FIXED_SIZE);
  return bytes;
}

/** Undefined: not what this version of the gateway writes; as good as not there. */
export function decodeEntryRecord(bytes: Uint8Array): EntryRecord | undefined {
  if (bytes.length < FIXED_SIZE || bytes[0] !== FORMAT) return undefined;
  const kind = fromUtf8(bytes.subarray(FIXED_SIZE));
  const version = Number(readUint64(bytes, 66));
  const expiryMs = Number(readUint64(bytes, 74));
  const isSound = Number.isSafeInteger(version) && Number.isSafeInteger(expiryMs);
  if (kind === undefined || bytes[1]! > 1 || !isSound) return undefined;
  return {
    certified: bytes[1] === 1,
    kind,
    semanticDigest: bytes.slice(2, 34) as Hash,
    certifiedDigest: bytes.slice(34, 66) as Hash,
    version,
    expiryMs,
  };
}

export function sameMeaning(record: EntryRecord, kind: string, semanticDigest: Hash): boolean {
  return record.kind === kind && equalBytes(record.semanticDigest, semanticDigest);
}
