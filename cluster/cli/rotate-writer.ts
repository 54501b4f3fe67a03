import { existsSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { equalBytes } from "../../base/bytes.ts";
import { syncFolder } from "../../base/host/atomic-file.ts";
import { createKeyFile, readKeyFile } from "../../base/host/key-file.ts";
import type { PublicKey } from "../../base/types.ts";
import { withClient } from "./connect-folder.ts";
import type { FolderOptions } from "./connect-folder.ts";

/**
 * Puts a new key in the place of the one in this file, in the cluster and then in the file. The new
 * one lies beside it meanwhile, and stays there whatever the command ends with: whoever is cut off,
 * or is told nothing, runs it again, and it finds what was done and does the rest.
 *
 * @throws QuorateError KEY_FILE_*, and what the order is refused with
 */
export async function rotateWriter(
  options: FolderOptions,
  file: string,
): Promise<{ readonly before: PublicKey; readonly after: PublicKey }> {
  const { publicKey: before } = readKeyFile(file);
  const nextFile = `${file}.next`;
  const next = existsSync(nextFile) ? readKeyFile(nextFile) : createKeyFile(nextFile);
  const { publicKey: after } = next;
  await withClient({ ...options, key: file }, "writer", async (client) => {
    const { writers } = await client.policy();
    if (writers.some(({ writer }) => equalBytes(writer, after))) return;
    await client.rotate(next);
  });
  renameSync(nextFile, file);
  syncFolder(dirname(file));
  return { before, after };
}
