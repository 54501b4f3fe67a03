import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";
import { isFolderLocked } from "../../base/host/folder-lock.ts";
import { INDEX } from "./index-file.ts";
import { DISK_AGE_MS_MAX, DISK_BYTES_MAX } from "./limits.ts";
import * as rows from "./disk-rows.ts";

export interface FolderFigures {
  readonly exists: boolean;
  /** A process has it open for writing now. */
  readonly inUse: boolean;
  readonly entries: number;
  readonly values: number;
  /** What the limit is held against: values with what surrounds them. */
  readonly bytes: number;
  /** The same if nothing were packed or shared. */
  readonly plainBytes: number;
  /** Plain bytes of chunks that values name and that were there already. */
  readonly sharedBytes: number;
  readonly bytesMax: number;
  readonly ageMsMax: number;
  /** Milliseconds since 1970; undefined: empty, or written before uses had a time. */
  readonly oldestUseMs: number | undefined;
  /** Of the index file itself, which grows and does not shrink. */
  readonly indexBytes: number;
}

const NOTHING: FolderFigures = {
  ...{ exists: false, inUse: false, entries: 0, values: 0, bytes: 0, indexBytes: 0 },
  ...{ plainBytes: 0, sharedBytes: 0 },
  ...{ bytesMax: DISK_BYTES_MAX, ageMsMax: DISK_AGE_MS_MAX, oldestUseMs: undefined },
};

/** What lies in a cache's folder, as of its last commit; also while its owner runs. Reads only. */
export async function folderFigures(folder: string): Promise<FolderFigures> {
  const path = join(folder, INDEX);
  if (!existsSync(path)) return NOTHING;
  const store = open<Buffer, Buffer>({
    ...{ path, readOnly: true, keyEncoding: "binary", encoding: "binary" },
  });
  const read = (key: Buffer): Buffer | undefined => {
    const row = store.get(key);
    return row && rows.unseal(key, row);
  };
  try {
    const { bytes, entries, values } = rows.storeFigures(read(rows.META_KEY));
    const [plainBytes = bytes, , sharedBytes = 0] = rows.storePlain(read(rows.PLAIN_KEY)) ?? [];
    const [bytesMax = DISK_BYTES_MAX, ageMsMax = DISK_AGE_MS_MAX] =
      rows.storeLimits(read(rows.LIMITS_KEY)) ?? [];
    const range = { start: rows.orderKey(0), end: Buffer.of(rows.SPACE_ORDER + 1), limit: 1 };
    const [order] = [...store.getKeys(range)];
    const key = order && read(order);
    const use = key && read(rows.useKey(key));
    return {
      ...{ exists: true, inUse: isFolderLocked(folder), entries, values, bytes },
      ...{ plainBytes, sharedBytes },
      ...{ bytesMax, ageMsMax, oldestUseMs: use && rows.decodeUse(use)?.usedMs },
      indexBytes: statSync(path).size,
    };
  } finally {
    await store.close();
  }
}
