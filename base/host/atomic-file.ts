import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/**
 * Replaces a file so that after a crash either the old or the new bytes are there, whole: a name
 * beside it, fsync, rename, fsync of the folder. `mode` holds from the first moment.
 *
 * @throws what the file system says, with the temporary name removed again
 */
export function writeFileAtomically(
  path: string,
  bytes: Uint8Array,
  options: { readonly mode?: number } = {},
): void {
  const partial = `${path}.${process.pid}.partial`;
  try {
    writeNewFile(partial, bytes, options);
    renameSync(partial, path);
  } catch (error) {
    removeIfThere(partial);
    throw error;
  }
  syncFolder(dirname(path));
}

/** Writes and syncs a file that must not exist yet (O_EXCL); the folder's entry is not synced. */
export function writeNewFile(
  path: string,
  bytes: Uint8Array,
  options: { readonly mode?: number } = {},
): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = openSync(path, flags, options.mode ?? 0o644);
  try {
    writeFully(descriptor, bytes);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A write may stop short (a full disk does so first); only the next call names the reason. */
export function writeFully(descriptor: number, bytes: Uint8Array, position?: number): void {
  let offset = 0;
  while (offset < bytes.length) {
    const at = position === undefined ? null : position + offset;
    offset += writeSync(descriptor, bytes, offset, bytes.length - offset, at);
  }
}

/** Makes creations, renames and removals inside the folder durable. */
export function syncFolder(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Never made, or gone already: the first error is the one worth telling.
  }
}
