import { utf8 } from "../../../../base/bytes.ts";
import { decodeDigest } from "../../../../proof/digest/remote-execution/action-result.ts";
import type { BlobDigest } from "../../../../proof/digest/remote-execution/action-result.ts";
import { need, text } from "../../../../proof/digest/remote-execution/field-value.ts";
import {
  FieldWriter,
  fieldsOf,
  MalformedMessage,
} from "../../../../proof/digest/remote-execution/protobuf-field.ts";

/**
 * The requests of build.bazel.remote.execution.v2 and google.bytestream, as far as a cache needs
 * them. Unknown fields are left out. Every decoder here throws MalformedMessage, and nothing else,
 * on what is none; bytes are views of the message.
 */

const SHA256 = 1;

export interface GetActionResultRequest {
  readonly instance: string;
  readonly action: BlobDigest;
  readonly inlineStdout: boolean;
  readonly inlineStderr: boolean;
  readonly inlineFiles: ReadonlySet<string>;
}

export function decodeGetActionResult(message: Uint8Array): GetActionResultRequest {
  let instance = "";
  let action: BlobDigest | undefined;
  let inlineStdout = false;
  let inlineStderr = false;
  const inlineFiles = new Set<string>();
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) instance = text(bytes);
    else if (number === 2) action = decodeDigest(need(bytes));
    else if (number === 3) inlineStdout = value !== 0n;
    else if (number === 4) inlineStderr = value !== 0n;
    else if (number === 5) inlineFiles.add(text(bytes));
    else if (number === 6) needSha256(value);
  }
  return { instance, action: present(action), inlineStdout, inlineStderr, inlineFiles };
}

export interface UpdateActionResultRequest {
  readonly instance: string;
  readonly action: BlobDigest;
  readonly result: Uint8Array;
}

export function decodeUpdateActionResult(message: Uint8Array): UpdateActionResultRequest {
  let instance = "";
  let action: BlobDigest | undefined;
  let result: Uint8Array = new Uint8Array(0);
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) instance = text(bytes);
    else if (number === 2) action = decodeDigest(need(bytes));
    else if (number === 3) result = need(bytes);
    else if (number === 5) needSha256(value);
  }
  return { instance, action: present(action), result };
}

export interface DigestsRequest {
  readonly instance: string;
  readonly digests: readonly BlobDigest[];
}

/** FindMissingBlobs and BatchReadBlobs: they differ in where they say which digest function. */
export function decodeDigests(message: Uint8Array, functionField: 3 | 4): DigestsRequest {
  let instance = "";
  const digests: BlobDigest[] = [];
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) instance = text(bytes);
    else if (number === 2) digests.push(decodeDigest(need(bytes)));
    // BatchReadBlobs lists the compressors that it can read under 3, plain bytes always among them.
    else if (number === functionField) needSha256(value);
  }
  return { instance, digests };
}

export interface BlobUpload {
  readonly digest: BlobDigest;
  readonly bytes: Uint8Array;
  readonly isCompressed: boolean;
}

export function decodeBatchUpdate(message: Uint8Array): {
  readonly instance: string;
  readonly blobs: readonly BlobUpload[];
} {
  let instance = "";
  const blobs: BlobUpload[] = [];
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) instance = text(bytes);
    else if (number === 2) blobs.push(decodeUpload(need(bytes)));
    else if (number === 5) needSha256(value);
  }
  return { instance, blobs };
}

function decodeUpload(message: Uint8Array): BlobUpload {
  let digest: BlobDigest | undefined;
  let data: Uint8Array = new Uint8Array(0);
  let isCompressed = false;
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) digest = decodeDigest(need(bytes));
    else if (number === 2) data = need(bytes);
    else if (number === 3) isCompressed = value !== 0n;
  }
  return { digest: present(digest), bytes: data, isCompressed };
}

export function decodeGetTree(message: Uint8Array): {
  readonly instance: string;
  readonly root: BlobDigest;
  readonly pageToken: string;
} {
  let instance = "";
  let root: BlobDigest | undefined;
  let pageToken = "";
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) instance = text(bytes);
    else if (number === 2) root = decodeDigest(need(bytes));
    else if (number === 4) pageToken = text(bytes);
    else if (number === 5) needSha256(value);
  }
  return { instance, root: present(root), pageToken };
}

export interface ReadRequest {
  readonly name: string;
  readonly offset: number;
  /** 0: to the end. */
  readonly limit: number;
}

export function decodeRead(message: Uint8Array): ReadRequest {
  let name = "";
  let offset = 0;
  let limit = 0;
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) name = text(bytes);
    else if (number === 2) offset = integer(value);
    else if (number === 3) limit = integer(value);
  }
  return { name, offset, limit };
}

export interface WriteRequest {
  readonly name: string;
  readonly offset: number;
  readonly isLast: boolean;
  readonly bytes: Uint8Array;
}

export function decodeWrite(message: Uint8Array): WriteRequest {
  let name = "";
  let offset = 0;
  let isLast = false;
  let data: Uint8Array = new Uint8Array(0);
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) name = text(bytes);
    else if (number === 2) offset = integer(value);
    else if (number === 3) isLast = value !== 0n;
    else if (number === 10) data = need(bytes);
  }
  return { name, offset, isLast, bytes: data };
}

/** Messages whose one field is a text: an upload's name, a service's. */
export function decodeText(message: Uint8Array): string {
  let found = "";
  for (const { number, bytes } of fieldsOf(message)) if (number === 1) found = text(bytes);
  return found;
}

export function encodeDigest({ hash, size }: BlobDigest): Uint8Array {
  return new FieldWriter().bytes(1, utf8(hash)).number(2, size).finish();
}

export function encodeMissing(missing: readonly BlobDigest[]): Uint8Array {
  const writer = new FieldWriter();
  for (const digest of missing) writer.message(2, encodeDigest(digest));
  return writer.finish();
}

/** google.rpc.Status. */
function encodeStatus(code: number, message: string): Uint8Array {
  return new FieldWriter().number(1, code).bytes(2, utf8(message)).finish();
}

export interface BlobAnswer {
  readonly digest: BlobDigest;
  readonly bytes?: Uint8Array;
  /** google.rpc.Code; 0: it went well. */
  readonly code: number;
  readonly message: string;
}

export function encodeBatchUpdated(answers: readonly BlobAnswer[]): Uint8Array {
  const writer = new FieldWriter();
  for (const { digest, code, message } of answers) {
    const answer = new FieldWriter().message(1, encodeDigest(digest));
    writer.message(1, answer.message(2, encodeStatus(code, message)).finish());
  }
  return writer.finish();
}

export function encodeBatchRead(answers: readonly BlobAnswer[]): Uint8Array {
  const writer = new FieldWriter();
  for (const { digest, bytes = new Uint8Array(0), code, message } of answers) {
    const answer = new FieldWriter().message(1, encodeDigest(digest)).bytes(2, bytes);
    writer.message(1, answer.message(3, encodeStatus(code, message)).finish());
  }
  return writer.finish();
}

export function encodeTree(folders: readonly Uint8Array[]): Uint8Array {
  const writer = new FieldWriter();
  for (const folder of folders) writer.message(1, folder);
  return writer.finish();
}

export function encodeReadResponse(bytes: Uint8Array): Uint8Array {
  return new FieldWriter().bytes(10, bytes).finish();
}

export function encodeCommitted(size: number): Uint8Array {
  return new FieldWriter().number(1, size).finish();
}

export function encodeWriteStatus(size: number): Uint8Array {
  return new FieldWriter().number(1, size).number(2, 1).finish();
}

function integer(value: bigint): number {
  const found = Number(BigInt.asIntN(64, value));
  if (!Number.isSafeInteger(found)) throw new MalformedMessage("a number is too large");
  return found;
}

function present(digest: BlobDigest | undefined): BlobDigest {
  if (digest === undefined) throw new MalformedMessage("a digest is missing");
  return digest;
}

/** 0 is what all clients send that know of no other. */
function needSha256(value: bigint): void {
  if (value !== 0n && value !== BigInt(SHA256)) {
    throw new MalformedMessage("digests are SHA-256 here");
  }
}
