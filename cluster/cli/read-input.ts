import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { concatBytes } from "../../base/bytes.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Hash } from "../../base/types.ts";
import type { StreamedValue, ValueSource } from "../../client/types.ts";
import { INLINE_BYTES_MAX } from "../../consensus/limits.ts";

/** A file or, for "-", standard input; what is small is read whole. @throws QuorateError FILE_UNREADABLE */
export async function readInput(
  file: string,
  stdin: AsyncIterable<Uint8Array>,
): Promise<ValueSource> {
  if (file === "-") return readPipe(stdin);
  try {
    return await readValueFile(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

async function readValueFile(file: string): Promise<ValueSource> {
  const handle = await open(file, "r");
  try {
    const stat = await handle.stat();
    // A pipe or a device has no size that could be trusted: it is read as it comes.
    if (!stat.isFile()) return await readPipe(createReadStream(file));
    if (stat.size <= INLINE_BYTES_MAX) return new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
  return hashFile(file);
}

async function hashFile(file: string): Promise<StreamedValue> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    size += chunk.length;
  }
  const digest = new Uint8Array(hash.digest()) as Hash;
  return { digest, size, open: () => createReadStream(file) };
}

async function readPipe(stream: AsyncIterable<Uint8Array>): Promise<ValueSource> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const iterator = stream[Symbol.asyncIterator]();
  while (size <= INLINE_BYTES_MAX) {
    const { done, value } = await iterator.next();
    if (done === true) return concatBytes(...parts);
    parts.push(new Uint8Array(value));
    size += value.length;
  }
  return continued(parts, iterator);
}

async function* continued(
  parts: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  yield* parts;
  for (;;) {
    const { done, value } = await rest.next();
    if (done === true) return;
    yield value;
  }
}

function unreadable(file: string, cause: unknown): QuorateError {
  return new QuorateError(
    "FILE_UNREADABLE",
    `${file} could not be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
    "check the name and your right to read it",
    { cause },
  );
}
