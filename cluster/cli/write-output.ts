import { once } from "node:events";
import { closeSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Writable } from "node:stream";
import { utf8 } from "../../base/bytes.ts";
import { writeFully } from "../../base/host/atomic-file.ts";
import { QuorateError } from "../../base/quorate-error.ts";

/**
 * Under its name only when it is whole: a value that fails its check half-way leaves no file.
 * @throws QuorateError OUTPUT_UNWRITABLE, and what the chunks throw
 */
export async function writeValueFile(
  file: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const partial = partialName(file);
  const handle = await open(partial, "w").catch((cause: unknown) => {
    throw unwritable(file, cause);
  });
  try {
    for await (const chunk of chunks) {
      await handle.writeFile(chunk).catch((cause: unknown) => {
        throw unwritable(file, cause);
      });
    }
    await handle.close();
    await rename(partial, file).catch((cause: unknown) => {
      throw unwritable(file, cause);
    });
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(partial, { force: true });
    throw error;
  }
}

/**
 * Where a file is written until it is whole. What earlier ones left there who were killed, and are no
 * process any more, goes.
 */
function partialName(file: string): string {
  const folder = dirname(file);
  const lead = `${basename(file)}.`;
  for (const name of namesIn(folder)) {
    if (!name.startsWith(lead) || !name.endsWith(PARTIAL)) continue;
    const pid = Number(name.slice(lead.length, -PARTIAL.length));
    if (Number.isSafeInteger(pid) && pid > 0 && !isProcess(pid)) {
      rmSync(join(folder, name), { force: true });
    }
  }
  return `${file}.${process.pid}${PARTIAL}`;
}

const PARTIAL = ".partial";

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Whoever writes there will say so.
    return [];
  }
}

/** Anybody's: one that may not be signalled is one, too. */
function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** @throws QuorateError OUTPUT_UNWRITABLE */
export async function writeBytesFile(file: string, bytes: Uint8Array): Promise<void> {
  await writeFile(file, bytes).catch((cause: unknown) => {
    throw unwritable(file, cause);
  });
}

/** Texts are written when so much of them is there. */
const TEXT_BYTES_AT_ONCE = 1024 * 1024;

/**
 * A long text, part by part, under its name only once `write` has resolved.
 * @throws QuorateError OUTPUT_UNWRITABLE, and what `write` throws
 */
export async function writeTextFile<Result>(
  file: string,
  write: (put: (part: string) => void) => Promise<Result>,
): Promise<Result> {
  const partial = partialName(file);
  let waiting: string[] = [];
  let size = 0;
  const flush = (): void => {
    reported(file, () => writeFully(descriptor, utf8(waiting.join(""))));
    [waiting, size] = [[], 0];
  };
  const descriptor = reported(file, () => openSync(partial, "w"));
  try {
    const result = await write((part) => {
      waiting.push(part);
      size += part.length;
      if (size >= TEXT_BYTES_AT_ONCE) flush();
    });
    flush();
    reported(file, () => renameSync(partial, file));
    return result;
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function reported<Result>(file: string, run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** As fast as the reader takes it; a reader that left ends it. */
export async function writeValueStream(
  stream: Writable,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const chunk of chunks) {
    if (stream.destroyed) return;
    if (!stream.write(chunk)) {
      await Promise.race([once(stream, "drain"), once(stream, "close")]);
    }
  }
}

function unwritable(file: string, cause: unknown): QuorateError {
  return new QuorateError(
    "OUTPUT_UNWRITABLE",
    `${file} could not be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
    "check the folder, your rights and the free space",
    { cause },
  );
}

/** With --json and no --out the value rides in the object, as base64: only a small one fits. */
const JSON_VALUE_BYTES_MAX = 1024 * 1024;

/** @throws QuorateError USAGE when it is too large for that */
export async function jsonValue(value: {
  readonly size: number;
  readonly read: () => Promise<Uint8Array>;
}): Promise<string> {
  if (value.size > JSON_VALUE_BYTES_MAX) {
    throw new QuorateError(
      "USAGE",
      `a value of ${value.size} bytes does not go into JSON`,
      "name a file for it with --out",
    );
  }
  return Buffer.from(await value.read()).toString("base64");
}
