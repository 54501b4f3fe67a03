import {
  checkedDigest,
  decodeActionResult,
  emptyActionResult,
  encodeActionResult,
} from "../../../proof/digest/remote-execution/action-result.ts";
import type {
  ActionResult,
  BlobDigest,
  NodeProperties,
  OutputFile,
  OutputFolder,
  OutputSymlink,
} from "../../../proof/digest/remote-execution/action-result.ts";
import { saysNothing } from "../../../proof/digest/remote-execution/action-result-kind.ts";
import { MalformedMessage } from "../../../proof/digest/remote-execution/protobuf-field.ts";

/** An action result in protobuf's JSON, as moon speaks it. */
export function jsonOfActionResult(result: ActionResult): string {
  return JSON.stringify({
    outputFiles: some(result.files.map(jsonOfFile)),
    outputDirectories: some(result.folders.map(jsonOfFolder)),
    exitCode: result.exitCode || undefined,
    stdoutRaw: base64(result.stdout),
    stdoutDigest: jsonOfDigest(result.stdoutDigest),
    stderrRaw: base64(result.stderr),
    stderrDigest: jsonOfDigest(result.stderrDigest),
    outputFileSymlinks: some(result.fileSymlinks.map(jsonOfSymlink)),
    outputDirectorySymlinks: some(result.folderSymlinks.map(jsonOfSymlink)),
    outputSymlinks: some(result.symlinks.map(jsonOfSymlink)),
  });
}

/** Unknown members are left out. Undefined: none, or one that says nothing. */
export function actionResultOfJson(text: string): ActionResult | undefined {
  try {
    const value = new JsonObject(JSON.parse(text));
    const result: ActionResult = {
      ...emptyActionResult(),
      files: value.list("outputFiles").map(fileOf),
      folders: value.list("outputDirectories").map(folderOf),
      exitCode: value.number("exitCode"),
      stdout: value.bytes("stdoutRaw"),
      stdoutDigest: digestOf(value.object("stdoutDigest")),
      stderr: value.bytes("stderrRaw"),
      stderrDigest: digestOf(value.object("stderrDigest")),
      fileSymlinks: value.list("outputFileSymlinks").map(symlinkOf),
      folderSymlinks: value.list("outputDirectorySymlinks").map(symlinkOf),
      symlinks: value.list("outputSymlinks").map(symlinkOf),
    };
    // What has no form on the wire (a lone surrogate, a number too large) is none.
    return saysNothing(result) ? undefined : decodeActionResult(encodeActionResult(result));
  } catch (error) {
    if (error instanceof MalformedMessage || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Members by either of protobuf's two names for them. */
class JsonObject {
  readonly #members: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new MalformedMessage("it is no object");
    }
    this.#members = value as Readonly<Record<string, unknown>>;
  }

  #member(name: string): unknown {
    if (Object.hasOwn(this.#members, name)) return this.#members[name] ?? undefined;
    const original = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return Object.hasOwn(this.#members, original)
      ? (this.#members[original] ?? undefined)
      : undefined;
  }

  list(name: string): JsonObject[] {
    const value = this.#member(name) ?? [];
    if (!Array.isArray(value)) throw new MalformedMessage("it is no list");
    return value.map((item) => new JsonObject(item));
  }

  object(name: string): JsonObject | undefined {
    const value = this.#member(name);
    return value === undefined ? undefined : new JsonObject(value);
  }

  text(name: string): string {
    const value = this.#member(name) ?? "";
    if (typeof value !== "string") throw new MalformedMessage("it is no text");
    return value;
  }

  flag(name: string): boolean {
    return this.#member(name) === true;
  }

  /** Large numbers come as text. */
  number(name: string): number {
    const value = Number(this.#member(name) ?? 0);
    if (!Number.isSafeInteger(value)) throw new MalformedMessage("it is no number");
    return value;
  }

  has(name: string): boolean {
    return this.#member(name) !== undefined;
  }

  bytes(name: string): Uint8Array {
    return new Uint8Array(Buffer.from(this.text(name), "base64"));
  }
}

function digestOf(value: JsonObject | undefined): BlobDigest | undefined {
  return value && checkedDigest(value.text("hash"), value.number("sizeBytes"));
}

function fileOf(value: JsonObject): OutputFile {
  return {
    path: value.text("path"),
    digest: digestOf(value.object("digest")),
    isExecutable: value.flag("isExecutable"),
    contents: value.bytes("contents"),
    properties: propertiesOf(value.object("nodeProperties")),
  };
}

function folderOf(value: JsonObject): OutputFolder {
  return {
    path: value.text("path"),
    treeDigest: digestOf(value.object("treeDigest")),
    isTopologicallySorted: value.flag("isTopologicallySorted"),
    rootDigest: digestOf(value.object("rootDirectoryDigest")),
  };
}

function symlinkOf(value: JsonObject): OutputSymlink {
  const properties = propertiesOf(value.object("nodeProperties"));
  return { path: value.text("path"), target: value.text("target"), properties };
}

function propertiesOf(value: JsonObject | undefined): NodeProperties | undefined {
  if (value === undefined) return undefined;
  return {
    properties: value.list("properties").map((property) => ({
      name: property.text("name"),
      value: property.text("value"),
    })),
    unixMode: value.has("unixMode") ? value.number("unixMode") : undefined,
  };
}

function jsonOfFile(file: OutputFile): object {
  return {
    path: file.path,
    digest: jsonOfDigest(file.digest),
    isExecutable: file.isExecutable || undefined,
    contents: base64(file.contents),
    nodeProperties: file.properties,
  };
}

function jsonOfFolder(folder: OutputFolder): object {
  return {
    path: folder.path,
    treeDigest: jsonOfDigest(folder.treeDigest),
    isTopologicallySorted: folder.isTopologicallySorted || undefined,
    rootDirectoryDigest: jsonOfDigest(folder.rootDigest),
  };
}

function jsonOfSymlink(link: OutputSymlink): object {
  return { path: link.path, target: link.target, nodeProperties: link.properties };
}

function jsonOfDigest(digest: BlobDigest | undefined): object | undefined {
  return digest && { hash: digest.hash, sizeBytes: String(digest.size) };
}

function base64(bytes: Uint8Array): string | undefined {
  return bytes.length === 0 ? undefined : Buffer.from(bytes).toString("base64");
}

function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
