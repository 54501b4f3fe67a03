import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fromHex } from "../../../base/bytes.ts";
import { readKeyFile } from "../../../base/host/key-file.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import { isNamespace, NAMESPACE_WILDCARD } from "../../../consensus/namespace.ts";
import type { Signer } from "../../types.ts";
import { writerName } from "../writer-keys.ts";
import type { WriterName } from "../writer-keys.ts";

/** Whoever may read it learns hashes only, but whoever may write it admits himself. */
const MODE = 0o600;
/** Some 1,000 tokens with their grants. */
const FILE_BYTES_MAX = 1024 * 1024;
/** Each is compared on each request that brings one. */
const TOKEN_COUNT_MAX = 256;
const DIGEST_SIZE = 32;
/** More than any gateway answers. */
const RATE_MAX = 1_000_000;

/** A namespace, or all of them, and how its keys begin. */
export interface Scope {
  readonly namespace: string;
  readonly prefix: string;
}

export interface Grant {
  /** For people: whose it is. */
  readonly name: string;
  readonly read: readonly Scope[];
  /** These may be read as well. */
  readonly write: readonly Scope[];
  /** Doors at which it holds. Undefined: all. */
  readonly doors: ReadonlySet<string> | undefined;
  /** Requests a second, of everybody who brings it together. Undefined: as many as come. */
  readonly rate?: number | undefined;
  /** Under which key it writes; undefined: the gateway's own. */
  readonly writer?: WriterName;
}

export interface Token extends Grant {
  /** SHA-256 of the token. */
  readonly digest: Uint8Array;
}

export interface TokenFile {
  readonly tokens: readonly Token[];
  /** Of whoever brings no token. */
  readonly anonymous: Grant;
  /** Of all keys that are named. */
  readonly signers: readonly Signer[];
}

export const NOBODY: Grant = { name: "anonymous", read: [], write: [], doors: undefined };

/**
 * JSON: {"format":1,"type":"quorate-tokens","anonymous":{"read":[…]},"tokens":[{"name":"ci",
 * "sha256":"<hex>","read":["team-a"],"write":["team-a/ccache/"],"doors":["bazel"],"rate":500,
 * "key":"ci.key.json"}]}. A scope is a namespace, then a slash and how its keys begin, if it is to be
 * narrower; `*` is all namespaces. `key` is a writer's key file, looked for beside this one.
 * @throws QuorateError TOKENS_UNSAFE, TOKENS_MALFORMED, and what reading a key file throws
 */
export function readTokenFile(path: string): TokenFile {
  const bytes = readGuarded(path);
  try {
    const value = objectOf(JSON.parse(bytes.toString("utf8")));
    if (value["format"] !== 1 || value["type"] !== "quorate-tokens") {
      throw new Unfit("it is no tokens file of format 1");
    }
    const signers = new Map<string, Signer>();
    const keyOf = (file: string): string => {
      const signer = readKeyFile(resolve(dirname(path), file));
      signers.set(writerName(signer), signer);
      return writerName(signer);
    };
    const tokens = listOf(value["tokens"]).map((token) => tokenOf(token, keyOf));
    if (tokens.length > TOKEN_COUNT_MAX) throw new Unfit(`more than ${TOKEN_COUNT_MAX} tokens`);
    const anonymous =
      value["anonymous"] === undefined
        ? NOBODY
        : grantOf(objectOf(value["anonymous"]), "anonymous");
    return { tokens, anonymous, signers: [...signers.values()] };
  } catch (error) {
    if (!(error instanceof Unfit) && !(error instanceof SyntaxError)) throw error;
    throw new QuorateError("TOKENS_MALFORMED", `${path}: ${error.message}`, "see docs/access.md");
  }
}

/** Judged on the open file, so that nothing can be swapped in between. */
function readGuarded(path: string): Buffer {
  const unsafe = (why: string, cause?: unknown): QuorateError =>
    new QuorateError("TOKENS_UNSAFE", `${path} ${why}`, "a plain file of yours, mode 0600", {
      cause,
    });
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw unsafe("cannot be opened, or is a symbolic link", error);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw unsafe("is no plain file");
    if ((stat.mode & 0o7777 & ~MODE) !== 0) {
      throw unsafe(`has mode ${(stat.mode & 0o7777).toString(8).padStart(4, "0")}`);
    }
    if (stat.uid !== process.getuid?.()) throw unsafe(`belongs to user ${stat.uid}`);
    if (stat.size > FILE_BYTES_MAX) throw unsafe("is too large");
    const bytes = Buffer.alloc(stat.size);
    return bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

class Unfit extends Error {
  override readonly name = "Unfit";
}

type Members = Readonly<Record<string, unknown>>;

function objectOf(value: unknown): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Unfit("an object is missing");
  }
  return value as Members;
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Unfit("a list is missing");
  return value;
}

function textOf(value: unknown): string {
  if (typeof value !== "string" || value === "") throw new Unfit("a text is missing");
  return value;
}

function tokenOf(value: unknown, keyOf: (file: string) => string): Token {
  const members = objectOf(value);
  const name = textOf(members["name"]);
  const digest = fromHex(textOf(members["sha256"]));
  if (digest?.length !== DIGEST_SIZE) throw new Unfit(`${name}: sha256 is 64 hexadecimal digits`);
  const grant = grantOf(members, name);
  if (members["key"] === undefined) return { ...grant, digest };
  if (grant.write.length === 0) throw new Unfit(`${name}: a key, and nothing to write`);
  return { ...grant, digest, writer: keyOf(textOf(members["key"])) };
}

function grantOf(members: Members, name: string): Grant {
  const doors = members["doors"];
  return {
    name,
    read: listOf(members["read"]).map(scopeOf),
    write: listOf(members["write"]).map(scopeOf),
    rate: rateOf(members["rate"], name),
    doors: doors === undefined ? undefined : new Set(listOf(doors).map(textOf)),
  };
}

function rateOf(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && value > 0 && value <= RATE_MAX) return value;
  throw new Unfit(`${name}: rate is a number of requests a second, above 0`);
}

function scopeOf(value: unknown): Scope {
  const text = textOf(value);
  const slash = text.indexOf("/");
  const namespace = slash < 0 ? text : text.slice(0, slash);
  if (namespace !== NAMESPACE_WILDCARD && !isNamespace(namespace)) {
    throw new Unfit(`${text} begins with no namespace`);
  }
  return { namespace, prefix: slash < 0 ? "" : text.slice(slash + 1) };
}
