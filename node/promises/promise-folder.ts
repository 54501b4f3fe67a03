import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { syncFolder } from "../../base/host/atomic-file.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import { filesOf } from "./promise-files.ts";
import { PromiseLog } from "./promise-log.ts";
import type { OpenedPromises } from "./promise-log.ts";

/**
 * The first promise file of a replica that has never promised anything: `quorate init`, or
 * admission into a configuration.
 *
 * @throws QuorateError PROMISES_EXIST
 */
export function initPromiseLog(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = filesOf(folder);
  if (files.list().some((name) => name.startsWith("segment-"))) {
    throw new QuorateError(
      "PROMISES_EXIST",
      `${folder} holds promises already`,
      "start the replica; promises are never made anew under the same key",
    );
  }
  PromiseLog.begin(files);
  syncFolder(join(folder, ".."));
}

/**
 * A log over the files of this folder.
 *
 * @throws QuorateError FOLDER_IN_USE
 */
export function openPromiseLog(
  folder: string,
  options: { readonly segmentBytesMax?: number } = {},
): OpenedPromises {
  return PromiseLog.open(folder, { ...options, files: filesOf(folder) });
}
