import { concatBytes, fromHex, fromUtf8, toHex, uint32Bytes, utf8 } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { Hash, Hlc } from "../../../base/types.ts";
import type { SignedWriteSet } from "../../types.ts";
import { JOURNAL_RECORD_BYTES_MAX } from "../limits.ts";

/** What is to be published: one put, as the tool meant it. */
export interface Intent {
  readonly namespace: string;
  readonly name: string;
  readonly kind: string;
  readonly digest: Hash;
  readonly size: number;
  readonly semanticDigest: Hash;
  /** Versioned kinds: the version that it follows. */
  readonly succeeds: number;
  /** Whose key signs it; undefined: the gateway's own. */
  readonly writer?: string | undefined;
}

/**
 * add: a publication. `signed` is what is sent, the same bytes again after a crash; absent while
 * no signature could be had. `value`: small bytes that no signed set carries yet.
 * sign: a publication has these signed bytes from now on. done: nothing is left to be done.
 */
export type JournalRecord =
  | {
      readonly type: "add";
      readonly id: number;
      readonly intent: Intent;
      readonly signed: SignedWriteSet | undefined;
      readonly value: Uint8Array | undefined;
    }
  | {
      readonly type: "sign";
      readonly id: number;
      readonly succeeds: number;
      readonly signed: SignedWriteSet;
    }
  | { readonly type: "done"; readonly id: number };

/**
 * One record in the file: size of the rest (4 bytes), checksum (first 16 bytes of SHA-256 over the
 * rest), then the rest: size of the head (4 bytes), head (JSON), attached bytes.
 */
const CHECKSUM_SIZE = 16;
export const FRAME_OVERHEAD: number = 4 + CHECKSUM_SIZE;

interface Head {
  readonly type: "add" | "sign" | "done";
  readonly id: number;
  readonly intent?: Readonly<Record<string, string | number>>;
  readonly succeeds?: number;
  readonly setDigest?: string;
  readonly notAfter?: string;
  readonly setSize?: number;
  readonly inline?: boolean | undefined;
}

export function encodeRecord(record: JournalRecord): Uint8Array {
  const signed = record.type === "done" ? undefined : record.signed;
  const head: Head = {
    type: record.type,
    id: record.id,
    ...(record.type === "add" ? { intent: intentToJson(record.intent) } : {}),
    ...(record.type === "sign" ? { succeeds: record.succeeds } : {}),
    ...(signed === undefined
      ? {}
      : {
          setDigest: toHex(signed.digest),
          notAfter: signed.notAfter.toString(),
          setSize: signed.bytes.length,
          inline: signed.inline,
        }),
  };
  const text = utf8(JSON.stringify(head));
  const value = record.type === "add" ? record.value : undefined;
  const none = new Uint8Array(0);
  const rest = concatBytes(uint32Bytes(text.length), text, signed?.bytes ?? none, value ?? none);
  return concatBytes(uint32Bytes(rest.length), checksum(rest), rest);
}

export interface Decoded {
  /** Undefined: a record of the stated size whose checksum or content is wrong. */
  readonly record: JournalRecord | undefined;
  readonly size: number;
}

/** The record at this offset, or undefined when no whole one lies there: the torn end. */
export function decodeRecord(file: Uint8Array, offset: number): Decoded | undefined {
  if (offset + FRAME_OVERHEAD > file.length) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const restSize = view.getUint32(offset);
  const size = FRAME_OVERHEAD + restSize;
  if (restSize > JOURNAL_RECORD_BYTES_MAX || offset + size > file.length) return undefined;
  const rest = file.slice(offset + FRAME_OVERHEAD, offset + size);
  const sum = file.subarray(offset + 4, offset + FRAME_OVERHEAD);
  if (toHex(checksum(rest)) !== toHex(sum)) return { record: undefined, size };
  return { record: decodeRest(rest), size };
}

/** Undefined: a right checksum over something that this version does not write. */
function decodeRest(rest: Uint8Array): JournalRecord | undefined {
  if (rest.length < 4) return undefined;
  const textEnd = 4 + new DataView(rest.buffer, rest.byteOffset).getUint32(0);
  const head = headOf(fromUtf8(rest.subarray(4, textEnd)));
  if (head === undefined || textEnd > rest.length || !isCount(head.id)) return undefined;
  if (head.type === "done") return { type: "done", id: head.id };
  const setEnd = head.setDigest === undefined ? textEnd : textEnd + Number(head.setSize);
  if (!isCount(setEnd) || setEnd < textEnd || setEnd > rest.length) return undefined;
  const signed = decodeSigned(head, rest.slice(textEnd, setEnd));
  if (head.setDigest !== undefined && signed === undefined) return undefined;
  if (head.type === "sign") {
    const { succeeds } = head;
    if (signed === undefined || !isCount(succeeds)) return undefined;
    return { type: "sign", id: head.id, succeeds, signed };
  }
  const intent = head.type === "add" ? intentFromJson(head.intent ?? {}) : undefined;
  if (intent === undefined) return undefined;
  const value = setEnd < rest.length ? rest.slice(setEnd) : undefined;
  return { type: "add", id: head.id, intent, signed, value };
}

function headOf(text: string | undefined): Partial<Head> | undefined {
  try {
    const head: unknown = JSON.parse(text ?? "");
    return typeof head === "object" && head !== null ? head : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function decodeSigned(head: Partial<Head>, bytes: Uint8Array): SignedWriteSet | undefined {
  const digest = fromHex(String(head.setDigest));
  if (digest?.length !== 32 || !/^\d{1,20}$/.test(String(head.notAfter))) return undefined;
  const notAfter = BigInt(String(head.notAfter)) as Hlc;
  return { digest: digest as Hash, bytes, notAfter, inline: head.inline === true };
}

function intentToJson({ writer, ...intent }: Intent): Readonly<Record<string, string | number>> {
  return {
    ...intent,
    ...(writer === undefined ? {} : { writer }),
    digest: toHex(intent.digest),
    semanticDigest: toHex(intent.semanticDigest),
  };
}

function intentFromJson(json: Readonly<Record<string, string | number>>): Intent | undefined {
  const digest = fromHex(String(json["digest"]));
  const semanticDigest = fromHex(String(json["semanticDigest"]));
  if (digest?.length !== 32 || semanticDigest?.length !== 32) return undefined;
  const { namespace, name, kind, size, succeeds, writer } = json as Readonly<
    Record<string, unknown>
  >;
  if (![namespace, name, kind].every((text) => typeof text === "string")) return undefined;
  if (!isCount(size) || !isCount(succeeds)) return undefined;
  if (writer !== undefined && !isWriter(writer)) return undefined;
  return {
    namespace: String(namespace),
    name: String(name),
    kind: String(kind),
    digest: digest as Hash,
    size,
    semanticDigest: semanticDigest as Hash,
    succeeds,
    ...(writer === undefined ? {} : { writer }),
  };
}

function isWriter(value: unknown): value is string {
  return typeof value === "string" && fromHex(value)?.length === 32;
}

function checksum(rest: Uint8Array): Uint8Array {
  return nodeCrypto.hash(rest).subarray(0, CHECKSUM_SIZE);
}
