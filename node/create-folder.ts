import { mkdirSync } from "node:fs";
import { utf8 } from "../base/bytes.ts";
import { syncFolder, writeNewFile } from "../base/host/atomic-file.ts";
import { createKeyFile } from "../base/host/key-file.ts";
import type { SigningKey } from "../base/host/signing-key.ts";
import { QuorateError } from "../base/quorate-error.ts";
import { folderLayout } from "./folder-layout.ts";
import { initPromiseLog } from "./promises/promise-folder.ts";

/**
 * First half of making a replica's folder: the folder itself and its key, whose public half goes
 * into the genesis.
 *
 * @throws QuorateError KEY_FILE_EXISTS, KEY_FILE_UNWRITABLE
 */
export function createReplicaKey(folder: string): SigningKey {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return createKeyFile(folderLayout(folder).keyFile);
}

/**
 * Second half: which member it is, a copy of the public file, an empty store, and the first
 * promise file. Only here is a promise file made: a missing one later is amnesia.
 *
 * @throws QuorateError NODE_FOLDER_EXISTS, PROMISES_EXIST
 */
export function createReplicaFolder(
  folder: string,
  options: {
    /** Its place at genesis; absent: it is to be admitted later. */
    readonly index?: number;
    /** Text of cluster.json. */
    readonly cluster: string;
    /**
     * host:port to listen on when it is not the address that the others use; who was not there at
     * genesis always names it, for `cluster.json` does not.
     */
    readonly listen?: string;
  },
): void {
  const layout = folderLayout(folder);
  const node = {
    format: 1,
    ...(options.index === undefined ? {} : { index: options.index }),
    ...(options.listen === undefined ? {} : { listen: options.listen }),
  };
  mkdirSync(layout.store, { recursive: true });
  initPromiseLog(layout.promises);
  writeOnce(layout.clusterFile, options.cluster);
  // Last: a folder without it was never finished.
  writeOnce(layout.nodeFile, `${JSON.stringify(node, undefined, 2)}\n`);
  syncFolder(folder);
}

function writeOnce(path: string, text: string): void {
  try {
    writeNewFile(path, utf8(text));
  } catch (cause) {
    throw new QuorateError(
      "NODE_FOLDER_EXISTS",
      `${path} could not be made: ${(cause as Error).message}`,
      "choose another folder; a replica's folder is never made over",
      { cause },
    );
  }
}
