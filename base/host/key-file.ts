import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { equalBytes, fromHex, fromUtf8, toHex, utf8 } from "../bytes.ts";
import { QuorateError } from "../quorate-error.ts";
import { syncFolder, writeNewFile } from "./atomic-file.ts";
import { newSeed, SEED_SIZE, signingKey } from "./signing-key.ts";
import type { SigningKey } from "./signing-key.ts";

/**
 * Key files: JSON {"format":1,"type":"quorate-key","publicKey":hex,"secretKey":hex seed}, mode 0600.
 * Whoever can read one is that replica or writer, so a file that others could have read or put
 * there is refused rather than repaired: the key in it may be known already.
 */
const KEY_FILE_MODE = 0o600;

/** The JSON is under 250 bytes; a larger file is something else. */
const KEY_FILE_BYTES_MAX = 4096;

/**
 * Makes a new key under a name that is free.
 *
 * @throws QuorateError KEY_FILE_EXISTS, KEY_FILE_UNWRITABLE
 */
export function createKeyFile(path: string): SigningKey {
  const seed = newSeed();
  const key = signingKey(seed);
  const content = {
    format: 1,
    type: "quorate-key",
    publicKey: toHex(key.publicKey),
    secretKey: toHex(seed),
  };
  try {
    writeNewFile(path, utf8(`${JSON.stringify(content)}\n`), { mode: KEY_FILE_MODE });
    syncFolder(dirname(path));
  } catch (error) {
    if (codeOf(error) === "EEXIST") {
      throw refusal({
        errorCode: "KEY_FILE_EXISTS",
        what: `${path} exists`,
        hint: "choose another name; a key is never overwritten",
      });
    }
    throw refusal({
      errorCode: "KEY_FILE_UNWRITABLE",
      what: `${path} could not be written`,
      hint: "see the cause",
      cause: error,
    });
  }
  return key;
}

/**
 * @throws QuorateError KEY_FILE_MISSING, KEY_FILE_SYMLINK, KEY_FILE_MODE, KEY_FILE_OWNER,
 *   KEY_FILE_MALFORMED, KEY_FILE_MISMATCH, KEY_FILE_UNREADABLE
 */
export function readKeyFile(path: string): SigningKey {
  const descriptor = openWithoutFollowing(path);
  try {
    refuseForeign(path, descriptor);
    const bytes = Buffer.alloc(KEY_FILE_BYTES_MAX + 1);
    const size = readSync(descriptor, bytes, 0, bytes.length, 0);
    const key = parseKeyFile(path, bytes.subarray(0, size));
    bytes.fill(0);
    return key;
  } finally {
    closeSync(descriptor);
  }
}

function openWithoutFollowing(path: string): number {
  try {
    // Not blocking: a pipe under this name must not hold the process.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT") {
      throw refusal({
        errorCode: "KEY_FILE_MISSING",
        what: `${path} does not exist`,
        hint: "make one with `quorate key new`",
      });
    }
    if (code === "ELOOP") {
      throw refusal({
        errorCode: "KEY_FILE_SYMLINK",
        what: `${path} is a symbolic link`,
        hint: "name the file itself",
      });
    }
    throw refusal({
      errorCode: "KEY_FILE_UNREADABLE",
      what: `${path} could not be opened`,
      hint: "see the cause",
      cause: error,
    });
  }
}

/** Judged on the open file, not on the name, so that nothing can be swapped in between. */
function refuseForeign(path: string, descriptor: number): void {
  const stat = fstatSync(descriptor);
  if (!stat.isFile())
    throw refusal({
      errorCode: "KEY_FILE_MALFORMED",
      what: `${path} is no plain file`,
      hint: "name a key file",
    });
  const mode = stat.mode & 0o7777;
  if ((mode & ~KEY_FILE_MODE) !== 0) {
    throw refusal({
      errorCode: "KEY_FILE_MODE",
      what: `${path} has mode ${mode.toString(8).padStart(4, "0")}`,
      hint: "if nobody else can have read it: chmod 600; otherwise replace the key",
    });
  }
  if (stat.uid !== process.getuid?.()) {
    throw refusal({
      errorCode: "KEY_FILE_OWNER",
      what: `${path} belongs to user ${stat.uid}`,
      hint: "run as the file's owner",
    });
  }
}

/** Of a file that was read. @throws QuorateError KEY_FILE_MALFORMED, KEY_FILE_MISMATCH */
export function parseKeyFile(path: string, bytes: Uint8Array): SigningKey {
  const malformed = (why: string): QuorateError =>
    refusal({
      errorCode: "KEY_FILE_MALFORMED",
      what: `${path}: ${why}`,
      hint: "restore the file from where you keep it",
    });
  if (bytes.length > KEY_FILE_BYTES_MAX) throw malformed("too long");
  const content = parseJson(fromUtf8(bytes));
  if (content === undefined) throw malformed("not a JSON object");
  if (content["format"] !== 1 || content["type"] !== "quorate-key") {
    throw malformed("not a quorate key of format 1");
  }
  const publicKey = hexField(content["publicKey"]);
  const seed = hexField(content["secretKey"]);
  if (publicKey === undefined || seed === undefined) {
    throw malformed("publicKey and secretKey are 64 lower-case hex digits each");
  }
  const key = signingKey(seed);
  seed.fill(0);
  if (!equalBytes(key.publicKey, publicKey)) {
    throw refusal({
      errorCode: "KEY_FILE_MISMATCH",
      what: `${path}: the public key is not the secret key's`,
      hint: "restore the file",
    });
  }
  return key;
}

function parseJson(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function hexField(value: unknown): Uint8Array | undefined {
  const bytes = typeof value === "string" ? fromHex(value) : undefined;
  return bytes?.length === SEED_SIZE ? bytes : undefined;
}

interface Refusal {
  readonly errorCode: string;
  readonly what: string;
  readonly hint: string;
  readonly cause?: unknown;
}

function refusal({ errorCode, what, hint, cause }: Refusal): QuorateError {
  return new QuorateError(errorCode, what, hint, { cause });
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown }).code;
}
