import { utf8 } from "../../../base/bytes.ts";
import { need, text } from "./field-value.ts";
import { FieldWriter, MalformedMessage, fieldsOf } from "./protobuf-field.ts";

/** Bytes of the Remote Execution API (build.bazel.remote.execution.v2), by digest. */
export interface BlobDigest {
  /** SHA-256, 64 hexadecimal digits. */
  readonly hash: string;
  readonly size: number;
}

export interface OutputFile {
  readonly path: string;
  readonly digest: BlobDigest | undefined;
  readonly isExecutable: boolean;
  /** The file itself, where the result carries it; else empty. */
  readonly contents: Uint8Array;
  readonly properties: NodeProperties | undefined;
}

export interface OutputFolder {
  readonly path: string;
  readonly treeDigest: BlobDigest | undefined;
  readonly isTopologicallySorted: boolean;
  readonly rootDigest: BlobDigest | undefined;
}

export interface OutputSymlink {
  readonly path: string;
  readonly target: string;
  readonly properties: NodeProperties | undefined;
}

/** Without the time of change, which no two builders agree on. */
export interface NodeProperties {
  readonly properties: readonly { readonly name: string; readonly value: string }[];
  readonly unixMode: number | undefined;
}

/** What an action produced. Without who executed it, where and when. */
export interface ActionResult {
  readonly files: readonly OutputFile[];
  readonly folders: readonly OutputFolder[];
  readonly fileSymlinks: readonly OutputSymlink[];
  readonly folderSymlinks: readonly OutputSymlink[];
  readonly symlinks: readonly OutputSymlink[];
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stdoutDigest: BlobDigest | undefined;
  readonly stderr: Uint8Array;
  readonly stderrDigest: BlobDigest | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

export function emptyActionResult(): Mutable<ActionResult> {
  return {
    files: [],
    folders: [],
    fileSymlinks: [],
    folderSymlinks: [],
    symlinks: [],
    exitCode: 0,
    stdout: new Uint8Array(0),
    stdoutDigest: undefined,
    stderr: new Uint8Array(0),
    stderrDigest: undefined,
  };
}

/** Unknown fields are left out. @throws MalformedMessage */
export function decodeActionResult(message: Uint8Array): ActionResult {
  const result = emptyActionResult();
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 2) result.files.push(decodeFile(need(bytes)));
    else if (number === 3) result.folders.push(decodeFolder(need(bytes)));
    else if (number === 4) result.exitCode = Number(BigInt.asIntN(32, value));
    else if (number === 5) result.stdout = need(bytes);
    else if (number === 6) result.stdoutDigest = decodeDigest(need(bytes));
    else if (number === 7) result.stderr = need(bytes);
    else if (number === 8) result.stderrDigest = decodeDigest(need(bytes));
    else if (number === 10) result.fileSymlinks.push(decodeSymlink(need(bytes)));
    else if (number === 11) result.folderSymlinks.push(decodeSymlink(need(bytes)));
    else if (number === 12) result.symlinks.push(decodeSymlink(need(bytes)));
  }
  return result;
}

/** One form for one meaning, and the form in which it is kept and served. */
export function encodeActionResult(result: ActionResult): Uint8Array {
  const writer = new FieldWriter();
  for (const file of result.files) writer.message(2, encodeFile(file));
  for (const folder of result.folders) writer.message(3, encodeFolder(folder));
  writer.number(4, result.exitCode);
  writer.bytes(5, result.stdout);
  optionalDigest(writer, 6, result.stdoutDigest);
  writer.bytes(7, result.stderr);
  optionalDigest(writer, 8, result.stderrDigest);
  for (const link of result.fileSymlinks) writer.message(10, encodeSymlink(link));
  for (const link of result.folderSymlinks) writer.message(11, encodeSymlink(link));
  for (const link of result.symlinks) writer.message(12, encodeSymlink(link));
  return writer.finish();
}

/** Of what an action printed or made, the blobs that a result only names. */
export function referencedBlobs(result: ActionResult): BlobDigest[] {
  const files = result.files.filter((file) => file.contents.length === 0);
  return [
    ...files.map((file) => file.digest),
    ...result.folders.flatMap((folder) => [folder.treeDigest, folder.rootDigest]),
    result.stdoutDigest,
    result.stderrDigest,
  ].filter((digest) => digest !== undefined);
}

/** @throws MalformedMessage */
export function decodeDigest(message: Uint8Array): BlobDigest {
  let hash = "";
  let size = 0;
  for (const field of fieldsOf(message)) {
    if (field.number === 1) hash = text(field.bytes);
    else if (field.number === 2) size = Number(BigInt.asIntN(64, field.value));
  }
  return checkedDigest(hash, size);
}

/** @throws MalformedMessage */
export function checkedDigest(hash: string, size: number): BlobDigest {
  if (!/^[0-9a-f]{64}$/.test(hash) || !Number.isSafeInteger(size) || size < 0) {
    throw new MalformedMessage("a digest is none");
  }
  return { hash, size };
}

function encodeDigest({ hash, size }: BlobDigest): Uint8Array {
  return new FieldWriter().bytes(1, utf8(hash)).number(2, size).finish();
}

function optionalDigest(writer: FieldWriter, field: number, digest: BlobDigest | undefined): void {
  if (digest !== undefined) writer.message(field, encodeDigest(digest));
}

function decodeFile(message: Uint8Array): OutputFile {
  let path = "";
  let digest: BlobDigest | undefined;
  let isExecutable = false;
  let contents: Uint8Array = new Uint8Array(0);
  let properties: NodeProperties | undefined;
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) path = text(bytes);
    else if (number === 2) digest = decodeDigest(need(bytes));
    else if (number === 4) isExecutable = value !== 0n;
    else if (number === 5) contents = need(bytes);
    else if (number === 7) properties = decodeProperties(need(bytes));
  }
  return { path, digest, isExecutable, contents, properties };
}

function encodeFile(file: OutputFile): Uint8Array {
  const writer = new FieldWriter().bytes(1, utf8(file.path));
  optionalDigest(writer, 2, file.digest);
  writer.number(4, file.isExecutable ? 1 : 0).bytes(5, file.contents);
  optionalProperties(writer, 7, file.properties);
  return writer.finish();
}

function decodeFolder(message: Uint8Array): OutputFolder {
  let path = "";
  let treeDigest: BlobDigest | undefined;
  let isTopologicallySorted = false;
  let rootDigest: BlobDigest | undefined;
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) path = text(bytes);
    else if (number === 3) treeDigest = decodeDigest(need(bytes));
    else if (number === 4) isTopologicallySorted = value !== 0n;
    else if (number === 5) rootDigest = decodeDigest(need(bytes));
  }
  return { path, treeDigest, isTopologicallySorted, rootDigest };
}

function encodeFolder(folder: OutputFolder): Uint8Array {
  const writer = new FieldWriter().bytes(1, utf8(folder.path));
  optionalDigest(writer, 3, folder.treeDigest);
  writer.number(4, folder.isTopologicallySorted ? 1 : 0);
  optionalDigest(writer, 5, folder.rootDigest);
  return writer.finish();
}

function decodeSymlink(message: Uint8Array): OutputSymlink {
  let path = "";
  let target = "";
  let properties: NodeProperties | undefined;
  for (const { number, bytes } of fieldsOf(message)) {
    if (number === 1) path = text(bytes);
    else if (number === 2) target = text(bytes);
    else if (number === 4) properties = decodeProperties(need(bytes));
  }
  return { path, target, properties };
}

function encodeSymlink(link: OutputSymlink): Uint8Array {
  const writer = new FieldWriter().bytes(1, utf8(link.path)).bytes(2, utf8(link.target));
  optionalProperties(writer, 4, link.properties);
  return writer.finish();
}

function decodeProperties(message: Uint8Array): NodeProperties | undefined {
  const properties: { name: string; value: string }[] = [];
  let unixMode: number | undefined;
  for (const { number, bytes } of fieldsOf(message)) {
    if (number === 1) properties.push(decodeProperty(need(bytes)));
    else if (number === 3) {
      unixMode = 0;
      for (const field of fieldsOf(need(bytes))) {
        if (field.number === 1) unixMode = Number(BigInt.asUintN(32, field.value));
      }
    }
  }
  // With nothing left in it, it says no more than its absence.
  return properties.length === 0 && unixMode === undefined ? undefined : { properties, unixMode };
}

function decodeProperty(message: Uint8Array): { name: string; value: string } {
  const property = { name: "", value: "" };
  for (const { number, bytes } of fieldsOf(message)) {
    if (number === 1) property.name = text(bytes);
    else if (number === 2) property.value = text(bytes);
  }
  return property;
}

function optionalProperties(
  writer: FieldWriter,
  field: number,
  found: NodeProperties | undefined,
): void {
  if (found === undefined) return;
  const message = new FieldWriter();
  for (const { name, value } of found.properties) {
    message.message(1, new FieldWriter().bytes(1, utf8(name)).bytes(2, utf8(value)).finish());
  }
  if (found.unixMode !== undefined) {
    message.message(3, new FieldWriter().number(1, found.unixMode).finish());
  }
  writer.message(field, message.finish());
}
