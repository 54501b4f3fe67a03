import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { probeStore, salvageStore } from "./probe-store.ts";

export const INDEX = "index.lmdb";
/** Size and SHA-256 of the index when it was closed; without it the store is probed first. */
const CLOSED = "closed";
const SALVAGED = "salvaged.lmdb";

export interface FoundIndex {
  /** sound: not closed properly, and whole. */
  readonly state: "closed" | "sound" | "salvaged" | "wiped";
  /** Rows that were there and do not hold. */
  readonly unsound: number;
}

/**
 * Makes the index fit to be opened by this process. LMDB trusts its file, page headers and free
 * lists included: one that is not bit for bit as it was closed is never written to again, but what
 * holds in it is copied into a new one.
 */
export async function openIndexFile(folder: string): Promise<FoundIndex> {
  const path = join(folder, INDEX);
  const mark = await readFile(join(folder, CLOSED), "utf8").catch(() => undefined);
  await rm(join(folder, CLOSED), { force: true });
  if (!existsSync(path)) return { state: "sound", unsound: 0 };
  if (mark !== undefined && mark === (await markOf(path))) return { state: "closed", unsound: 0 };
  const isChanged = mark?.includes(" ") === true;
  if (!isChanged && (await probeStore(path))) return { state: "sound", unsound: 0 };
  return salvage(folder, path);
}

/** The index is closed, and nobody else has it open. */
export async function markClosed(folder: string): Promise<void> {
  await writeFile(join(folder, CLOSED), await markOf(join(folder, INDEX)));
}

async function salvage(folder: string, path: string): Promise<FoundIndex> {
  const into = join(folder, SALVAGED);
  await removeStore(into);
  const { kept, unsound } = await salvageStore(path, into);
  await removeStore(path);
  if (kept === 0 || !(await probeStore(into))) {
    await removeStore(into);
    for (const name of ["values", "chunks"]) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
    return { state: "wiped", unsound };
  }
  await rename(into, path);
  await rm(`${into}-lock`, { force: true });
  return { state: "salvaged", unsound };
}

async function removeStore(path: string): Promise<void> {
  for (const name of [path, `${path}-lock`]) await rm(name, { force: true });
}

async function markOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return `${(await stat(path)).size} ${hash.digest("hex")}`;
}
