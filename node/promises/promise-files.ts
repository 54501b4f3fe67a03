import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { syncFolder, writeFully, writeNewFile } from "../../base/host/atomic-file.ts";
import { lockFolder } from "../../base/host/folder-lock.ts";
import type { HashOfParts } from "./segment-format.ts";

/**
 * The disk, as far as promises use it: one folder of files that are only appended to. A simulator
 * has one of its own, which loses, tears and damages what a real one may.
 */
export interface PromiseFiles {
  /** @throws with code ENOENT when there is no folder */
  list(): readonly string[];
  read(name: string): Uint8Array;
  /** A new file, its bytes durable when it returns; its name only after {@link syncNames}. */
  create(name: string, bytes: Uint8Array): void;
  /** For appending: cut to `size` bytes, durably. */
  open(name: string, size: number): PromiseFile;
  remove(name: string): void;
  /** Makes creations and removals durable. */
  syncNames(): void;
  /** @throws QuorateError FOLDER_IN_USE */
  lock(): { release(): void };
  random(size: number): Uint8Array;
  /** For checksums. */
  readonly sha256: HashOfParts;
}

export interface PromiseFile {
  write(bytes: Uint8Array, position: number): void;
  /** All that was written is durable when it resolves. */
  sync(): Promise<void>;
  syncNow(): void;
  close(): void;
}

const fdatasyncOf = promisify(fdatasync);

export function filesOf(folder: string): PromiseFiles {
  return {
    list: () => readdirSync(folder),
    read: (name) => readFileSync(join(folder, name)),
    create: (name, bytes) => writeNewFile(join(folder, name), bytes, { mode: 0o600 }),
    open: (name, size) => openFile(join(folder, name), size),
    remove: (name) => rmSync(join(folder, name), { force: true }),
    syncNames: () => syncFolder(folder),
    lock: () => lockFolder(folder),
    random: (size) => randomBytes(size),
    sha256: sha256OfParts,
  };
}

function openFile(path: string, size: number): PromiseFile {
  const descriptor = openSync(path, "r+");
  ftruncateSync(descriptor, size);
  fsyncSync(descriptor);
  return {
    write: (bytes, position) => writeFully(descriptor, bytes, position),
    sync: () => fdatasyncOf(descriptor),
    syncNow: () => fdatasyncSync(descriptor),
    close: () => closeSync(descriptor),
  };
}

export const sha256OfParts: HashOfParts = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
