import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hash } from "../../base/types.ts";
import { VALUE_BYTES_MAX } from "../../consensus/limits.ts";
import { writeInvalid } from "../errors.ts";
import type { SpooledValue } from "./platform.ts";

/** @throws QuorateError WRITE_INVALID beyond the largest value */
export async function spoolToFile(bytes: AsyncIterable<Uint8Array>): Promise<SpooledValue> {
  const folder = await mkdtemp(join(tmpdir(), "quorate-spool-"));
  const path = join(folder, "value");
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const { digest, size } = await writeAndHash(path, bytes);
    return { digest, size, open: () => createReadStream(path), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function writeAndHash(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ readonly digest: Hash; readonly size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  const file = await open(path, "wx", 0o600);
  try {
    for await (const chunk of bytes) {
      size += chunk.length;
      if (size > VALUE_BYTES_MAX)
        throw writeInvalid(`a value has at most ${VALUE_BYTES_MAX} bytes`);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  return { digest: new Uint8Array(hash.digest()) as Hash, size };
}
