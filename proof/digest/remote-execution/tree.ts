import { decodeDigest } from "./action-result.ts";
import type { BlobDigest } from "./action-result.ts";
import { MalformedMessage, fieldsOf } from "./protobuf-field.ts";

const ROOT = 1;
const CHILDREN = 2;
const FILES = 1;
const FOLDERS = 2;
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

/** The folders that a Directory message names. Undefined: none. */
export function foldersOf(message: Uint8Array): BlobDigest[] | undefined {
  try {
    const folders: BlobDigest[] = [];
    for (const { number, bytes } of fieldsOf(message)) {
      if (number === FOLDERS && bytes !== undefined) folders.push(digestOfNode(bytes));
    }
    return folders;
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

function readFolder(folder: Uint8Array, files: BlobDigest[]): void {
  for (const { number, bytes } of fieldsOf(folder)) {
    if (number !== FILES || bytes === undefined) continue;
    files.push(digestOfNode(bytes));
  }
}

/** Of a file or a folder, as its parent names it. */
function digestOfNode(node: Uint8Array): BlobDigest {
  let digest: BlobDigest | undefined;
  for (const { number, bytes } of fieldsOf(node)) {
    if (number === DIGEST && bytes !== undefined) digest = decodeDigest(bytes);
  }
  if (digest === undefined) throw new MalformedMessage("a node has no digest");
  return digest;
}
