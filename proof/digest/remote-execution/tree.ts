import { decodeDigest } from "./action-result.ts";
import type { BlobDigest } from "./action-result.ts";
import { MalformedMessage, fieldsOf } from "./protobuf-field.ts";

const ROOT = 1;
const CHILDREN = 2;
const FILES = 1;
const DIGEST = 2;

/** The files of a folder and of all folders below it. Undefined: no Tree message. */
export function filesOfTree(message: Uint8Array): BlobDigest[] | undefined {
  try {
    const files: BlobDigest[] = [];
    for (const { number, bytes } of fieldsOf(message)) {
      if (bytes !== undefined && (number === ROOT || number === CHILDREN)) readFolder(bytes, files);
    }
    return files;
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

function readFolder(folder: Uint8Array, files: BlobDigest[]): void {
  for (const { number, bytes } of fieldsOf(folder)) {
    if (number !== FILES || bytes === undefined) continue;
    let digest: BlobDigest | undefined;
    for (const field of fieldsOf(bytes)) {
      if (field.number === DIGEST && field.bytes !== undefined) digest = decodeDigest(field.bytes);
    }
    if (digest === undefined) throw new MalformedMessage("a file has no digest");
    files.push(digest);
  }
}
