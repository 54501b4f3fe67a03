import { equalBytes, fromHex, fromUtf8, readUint64, toHex, utf8 } from "../../base/bytes.ts";
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
  /** Of what is not certified: under whose key it was put; undefined: the gateway's own. */
  readonly writer?: string | undefined;
}

const FORMAT = 1;
const FIXED_SIZE = 2 + 32 + 32 + 8 + 8;
const WRITER_SIZE = 32;
const CERTIFIED = 1;
/** A writer's key stands before the kind. */
const WITH_WRITER = 2;

export function encodeEntryRecord(record: EntryRecord): Uint8Array {
  const kind = utf8(record.kind);
  const writer = record.writer === undefined ? undefined : fromHex(record.writer);
  const kindAt = FIXED_SIZE + (writer?.length ?? 0);
  const bytes = new Uint8Array(kindAt + kind.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = FORMAT;
  bytes[1] = (record.certified ? CERTIFIED : 0) | (writer === undefined ? 0 : WITH_WRITER);
  bytes.set(record.semanticDigest, 2);
  bytes.set(record.certifiedDigest, 34);
  view.setBigUint64(66, BigInt(record.version));
  view.setBigUint64(74, BigInt(record.expiryMs));
  if (writer !== undefined) bytes.set(writer, FIXED_SIZE);
  bytes.set(kind, kindAt);
  return bytes;
}

/** Undefined: not what this version of the gateway writes; as good as not there. */
export function decodeEntryRecord(bytes: Uint8Array): EntryRecord | undefined {
  if (bytes.length < FIXED_SIZE || bytes[0] !== FORMAT) return undefined;
  const flags = bytes[1] as number;
  const hasWriter = (flags & WITH_WRITER) !== 0;
  const kindAt = FIXED_SIZE + (hasWriter ? WRITER_SIZE : 0);
  if (bytes.length < kindAt) return undefined;
  const kind = fromUtf8(bytes.subarray(kindAt));
  const version = Number(readUint64(bytes, 66));
  const expiryMs = Number(readUint64(bytes, 74));
  const isSound = Number.isSafeInteger(version) && Number.isSafeInteger(expiryMs);
  if (kind === undefined || flags > (CERTIFIED | WITH_WRITER) || !isSound) return undefined;
  return {
    certified: (flags & CERTIFIED) !== 0,
    kind,
    semanticDigest: bytes.slice(2, 34) as Hash,
    certifiedDigest: bytes.slice(34, 66) as Hash,
    version,
    expiryMs,
    ...(hasWriter ? { writer: toHex(bytes.subarray(FIXED_SIZE, kindAt)) } : {}),
  };
}

export function sameMeaning(record: EntryRecord, kind: string, semanticDigest: Hash): boolean {
  return record.kind === kind && equalBytes(record.semanticDigest, semanticDigest);
}
