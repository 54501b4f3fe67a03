import { readUint64, uint64Bytes } from "../../base/bytes.ts";
import { assertUnreachable, invariant } from "../../base/assert.ts";
import { HASH_SIZE } from "../../base/types.ts";
import type { Epoch, Hash, Sequence, View } from "../../base/types.ts";
import type { PromiseRecord } from "../../consensus/replica/output.ts";
import {
  certificateCodec,
  statementCertificateCodec,
  statementCodec,
  voteCodec,
} from "../../consensus/wire/certificate.ts";

/**
 * One promise as bytes: the messages in their one encoding, what stands beside them as fixed
 * fields in front. Every byte has a meaning, so no two byte strings decode to one record.
 */
export interface EncodedPromise {
  readonly kind: number;
  /** To be written one after the other; a batch is not copied. */
  readonly parts: readonly Uint8Array[];
}

const KINDS = {
  batch: 1,
  vote: 2,
  prepared: 3,
  committed: 4,
  stable: 5,
  statement: 6,
  "view-change": 7,
  "new-view": 8,
  "weak-root": 9,
} as const satisfies Record<Promised["type"], number>;

/** What a replica promises. Floors the log writes itself, with what only it knows. */
type Promised = Exclude<PromiseRecord, { readonly type: "floor" }>;

export function encodePromise(record: PromiseRecord): EncodedPromise {
  invariant(record.type !== "floor", "nobody but the log writes a floor");
  return { kind: KINDS[record.type], parts: partsOf(record) };
}

function partsOf(record: Promised): readonly Uint8Array[] {
  switch (record.type) {
    case "batch":
      invariant(record.digest.length === HASH_SIZE, "a digest has 32 bytes");
      return [uint64Bytes(record.sequence), record.digest, record.batch];
    case "vote":
      return [voteCodec.encode(record.vote)];
    case "prepared":
    case "committed":
      return [certificateCodec.encode(record.certificate)];
    case "stable":
    case "weak-root":
      return [statementCertificateCodec.encode(record.certificate)];
    case "statement":
      return [uint64Bytes(record.sequence), record.statement];
    case "view-change":
    case "new-view":
      return [uint64Bytes(record.epoch), uint64Bytes(record.view), record.body];
    default:
      return assertUnreachable(record);
  }
}

/** Undefined: no record has this encoding. Byte strings are copies or views of `body`. */
export function decodePromise(kind: number, body: Uint8Array): PromiseRecord | undefined {
  switch (kind) {
    case KINDS.batch:
      return decodeBatch(body);
    case KINDS.vote: {
      const vote = voteCodec.tryDecode(body);
      return vote && { type: "vote", vote };
    }
    case KINDS.prepared:
    case KINDS.committed: {
      const certificate = certificateCodec.tryDecode(body);
      return (
        certificate && { type: kind === KINDS.prepared ? "prepared" : "committed", certificate }
      );
    }
    case KINDS.stable:
    case KINDS["weak-root"]: {
      const certificate = statementCertificateCodec.tryDecode(body);
      if (certificate === undefined) return undefined;
      const type = kind === KINDS.stable ? "stable" : "weak-root";
      return statementCodec.tryDecode(certificate.statement) && { type, certificate };
    }
    case KINDS.statement:
      return decodeStatement(body);
    case KINDS["view-change"]:
    case KINDS["new-view"]:
      return decodeViewed(kind === KINDS["view-change"] ? "view-change" : "new-view", body);
    default:
      return undefined;
  }
}

function decodeBatch(body: Uint8Array): PromiseRecord | undefined {
  const sequence = safeInteger(body, 0);
  if (sequence === undefined || body.length < 8 + HASH_SIZE) return undefined;
  return {
    type: "batch",
    sequence: sequence as Sequence,
    digest: body.slice(8, 8 + HASH_SIZE) as Hash,
    batch: body.subarray(8 + HASH_SIZE),
  };
}

function decodeStatement(body: Uint8Array): PromiseRecord | undefined {
  const sequence = safeInteger(body, 0);
  const statement = body.subarray(8);
  if (sequence === undefined || statementCodec.tryDecode(statement) === undefined) return undefined;
  return { type: "statement", sequence: sequence as Sequence, statement };
}

function decodeViewed(
  type: "view-change" | "new-view",
  body: Uint8Array,
): PromiseRecord | undefined {
  const epoch = safeInteger(body, 0);
  const view = safeInteger(body, 8);
  if (epoch === undefined || view === undefined) return undefined;
  return { type, epoch: epoch as Epoch, view: view as View, body: body.subarray(16) };
}

function safeInteger(bytes: Uint8Array, offset: number): number | undefined {
  if (bytes.length < offset + 8) return undefined;
  const value = readUint64(bytes, offset);
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : undefined;
}

/** The sequence that a record is about, or undefined where it is about none. */
export function sequenceOfPromise(record: PromiseRecord): Sequence | undefined {
  switch (record.type) {
    case "batch":
    case "statement":
      return record.sequence;
    case "vote":
      // An acknowledgement names none.
      return record.vote.sequence === 0 ? undefined : record.vote.sequence;
    case "prepared":
    case "committed":
      return record.certificate.sequence;
    case "stable":
    case "weak-root":
      return statementCodec.decode(record.certificate.statement).sequence;
    case "floor":
    case "view-change":
    case "new-view":
      return undefined;
    default:
      return assertUnreachable(record);
  }
}
