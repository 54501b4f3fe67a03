import type { Hash, PublicKey } from "../../base/types.ts";
import { toHex } from "../../base/bytes.ts";
import type { Committee } from "../../consensus/committee.ts";
import { rotationBytes } from "../../consensus/epochs/rotation.ts";
import { keyOfName } from "../../consensus/hashing.ts";
import {
  INLINE_BYTES_MAX,
  KIND_BYTES_MAX,
  NAME_BYTES_MAX,
  VALUE_BYTES_MAX,
} from "../../consensus/limits.ts";
import { isNamespace } from "../../consensus/namespace.ts";
import { rotationCodec } from "../../consensus/wire/rotation.ts";
import {
  ADMINISTRATION_ROTATE,
  OPERATION_ADMINISTER,
  OPERATION_PUT,
  OPERATION_WITHDRAW,
  administrationCodec,
  administrationOf,
} from "../../consensus/wire/write-set.ts";
import type { AdministrationParts, Write } from "../../consensus/wire/write-set.ts";
import { HASH_SIZE } from "../../base/types.ts";
import { utf8 } from "../../base/bytes.ts";
import { isProofKind } from "../../proof/digest/registry.ts";
import { writeInvalid } from "../errors.ts";
import type { Platform } from "../platform/platform.ts";
import type { EntryKey, PutItem, Signer, StreamedValue, ValueSource } from "../types.ts";

const DEFAULT_KIND = "raw/1";
const EMPTY = new Uint8Array(0);

/** One write and where its bytes come from, ready to be signed with others. */
export interface PlannedWrite {
  /** With `inline` as it would be if the set rides inline. */
  readonly write: Write;
  /** Small enough to ride inside. */
  readonly bytes: Uint8Array | undefined;
  /** To be uploaded when the set does not ride inline. */
  readonly value: StreamedValue | undefined;
  /** After the write is settled: a spooled value's file goes. */
  readonly dispose: (() => Promise<void>) | undefined;
}

type HashFunction = Platform["crypto"]["hash"];

/** @throws QuorateError WRITE_INVALID */
export async function planPut(platform: Platform, item: PutItem): Promise<PlannedWrite> {
  const place = placeOf(platform.crypto.hash, item.namespace, item.key);
  const source = await sourceOf(platform, item.value);
  const kind = item.kind ?? DEFAULT_KIND;
  const semanticDigest = item.semanticDigest ?? semanticDefault(kind, source.value.digest);
  if (utf8(kind).length > KIND_BYTES_MAX) throw writeInvalid("the kind's name is too long");
  // Replicas check a proof before they acknowledge it, so it never rides inside.
  const bytes = isProofKind(kind) ? undefined : source.bytes;
  const write: Write = {
    operation: OPERATION_PUT,
    ...place,
    kind,
    valueDigest: source.value.digest,
    size: source.value.size,
    semanticDigest,
    ttlMs: wholeNumber(item.ttlMs ?? 0, "ttlMs"),
    succeeds: wholeNumber(item.succeeds ?? 0, "succeeds"),
    inline: bytes !== undefined,
    administration: EMPTY,
  };
  return { write, ...source, bytes };
}

export function planWithdrawal(platform: Platform, namespace: string, key: EntryKey): PlannedWrite {
  const place = placeOf(platform.crypto.hash, namespace, key);
  return bare({ ...NO_WRITE, operation: OPERATION_WITHDRAW, ...place });
}

export function planAdministration(
  namespace: string,
  administration: AdministrationParts,
): PlannedWrite {
  if (namespace !== "" && !isNamespace(namespace)) throw wrongNamespace(namespace);
  const encoded = administrationCodec.encode(administrationOf(administration));
  return bare({
    ...NO_WRITE,
    operation: OPERATION_ADMINISTER,
    namespace,
    administration: encoded,
  });
}

/** The order by which a writer hands its place to another key, with that one's word for it. */
export function planRotation(
  { clusterId, epoch }: Committee,
  predecessor: PublicKey,
  { publicKey: successor, sign }: Signer,
): PlannedWrite {
  const consent = sign(rotationBytes(clusterId, epoch, { predecessor, successor }));
  const rotation = rotationCodec.encode({ epoch, successor, consent });
  return planAdministration("", { action: ADMINISTRATION_ROTATE, rotation });
}

const NO_WRITE: Write = {
  operation: OPERATION_PUT,
  namespace: "",
  key: undefined,
  name: "",
  kind: "",
  valueDigest: undefined,
  size: 0,
  semanticDigest: undefined,
  ttlMs: 0,
  succeeds: 0,
  inline: false,
  administration: EMPTY,
};

function bare(write: Write): PlannedWrite {
  return { write, bytes: undefined, value: undefined, dispose: undefined };
}

/** @throws QuorateError WRITE_INVALID */
export function placeOf(
  hash: HashFunction,
  namespace: string,
  key: EntryKey,
): { readonly namespace: string; readonly key: Hash; readonly name: string } {
  if (!isNamespace(namespace)) throw wrongNamespace(namespace);
  if (typeof key !== "string") {
    if (key.length !== HASH_SIZE) throw writeInvalid(`a key has ${HASH_SIZE} bytes`);
    return { namespace, key, name: "" };
  }
  const size = utf8(key).length;
  if (size < 1 || size > NAME_BYTES_MAX || /[\ud800-\udfff]/u.test(key)) {
    throw writeInvalid(`a key's name is text of 1 to ${NAME_BYTES_MAX} bytes of UTF-8`);
  }
  return { namespace, key: keyOfName(hash, key), name: key };
}

function wrongNamespace(namespace: string): Error {
  return writeInvalid(`"${namespace}" is no namespace: 3 to 64 of [a-z0-9-], not a reserved word`);
}

function semanticDefault(kind: string, digest: Hash): Hash {
  if (kind === DEFAULT_KIND) return digest;
  throw writeInvalid(`kind ${kind} needs its semanticDigest`);
}

function wholeNumber(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw writeInvalid(`${what} is a whole number, not ${value}`);
}

async function sourceOf(
  platform: Platform,
  source: ValueSource,
): Promise<Pick<PlannedWrite, "bytes" | "dispose"> & { readonly value: StreamedValue }> {
  if (source instanceof Uint8Array) return ofBytes(platform, source);
  if ("open" in source) {
    if (source.size > VALUE_BYTES_MAX) throw writeInvalid(`${toHex(source.digest)} is too large`);
    return { bytes: undefined, value: source, dispose: undefined };
  }
  const { dispose, ...value } = await platform.spool(source);
  return { bytes: undefined, value, dispose };
}

function ofBytes(
  platform: Platform,
  bytes: Uint8Array,
): Pick<PlannedWrite, "bytes" | "dispose"> & { readonly value: StreamedValue } {
  const digest = platform.crypto.hash(bytes);
  const open = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    if (bytes.length > 0) yield bytes;
  };
  return {
    bytes: bytes.length <= INLINE_BYTES_MAX ? bytes : undefined,
    value: { digest, size: bytes.length, open },
    dispose: undefined,
  };
}
