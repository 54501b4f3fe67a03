import { existsSync } from "node:fs";
import { DiskTier } from "./disk-tier.ts";

/** What an owner does to a cache between two runs of the gateway. Both take the folder's lock. */

export interface Cleaned {
  readonly removed: { readonly entries: number; readonly values: number; readonly bytes: number };
  readonly entries: number;
  readonly values: number;
  readonly bytes: number;
}

/**
 * Down to these limits, for what they are given; else down to those that it was last kept within.
 * @throws QuorateError FOLDER_IN_USE
 */
export async function cleanCache(
  folder: string,
  options: {
    readonly bytesMax?: number | undefined;
    readonly ageMsMax?: number | undefined;
    readonly all?: boolean | undefined;
  },
): Promise<Cleaned> {
  if (!existsSync(folder)) return { removed: NOTHING, ...NOTHING };
  const tier = await DiskTier.open({
    folder,
    bytesMax: options.bytesMax,
    ageMsMax: options.ageMsMax,
  });
  try {
    const before = tier.counts();
    if (options.all) await tier.clear();
    else await tier.trim();
    const { entries, values, bytes } = tier.counts();
    const removed = {
      entries: before.entries - entries,
      values: before.values - values,
      bytes: before.bytes - bytes,
    };
    return { removed, entries, values, bytes };
  } finally {
    await tier.close();
  }
}

const NOTHING = { entries: 0, values: 0, bytes: 0 };

export interface Verified {
  readonly entries: number;
  readonly values: number;
  readonly bytes: number;
  /** Rows and values that did not have their hash, and were dropped. */
  readonly corrupt: number;
  /** Files that no row named, and that were removed. */
  readonly strayFiles: number;
  /** Chunks that more or fewer values named than was counted; counted right now. */
  readonly miscounted: number;
  /** The index was unreadable, and was begun anew. */
  readonly wiped: boolean;
  readonly sound: boolean;
}

/** @throws QuorateError FOLDER_IN_USE */
export async function verifyCache(folder: string): Promise<Verified> {
  if (!existsSync(folder)) {
    return { ...NOTHING, corrupt: 0, strayFiles: 0, miscounted: 0, wiped: false, sound: true };
  }
  const tier = await DiskTier.open({ folder });
  try {
    const { strayFiles, miscounted } = await tier.verify();
    const { entries, values, bytes, corrupt, wiped } = tier.counts();
    const sound = corrupt + strayFiles + miscounted + wiped === 0;
    const found = { corrupt, strayFiles, miscounted, wiped: wiped > 0 };
    return { entries, values, bytes, ...found, sound };
  } finally {
    await tier.close();
  }
}
