import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RootDatabase } from "lmdb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CacheTally } from "./cache-tally.ts";
import { DiskIndex } from "./disk-index.ts";
import type { DiskIndexOptions } from "./disk-index.ts";
import * as rows from "./disk-rows.ts";

/** A disk on which a commit can be made to fail. */
const disk = vi.hoisted(() => ({ broken: false }));
vi.mock(import("lmdb"), async (original) => {
  const lmdb = await original();
  const open = (options: Parameters<typeof lmdb.open>[0]): RootDatabase => {
    const store: RootDatabase = lmdb.open(options);
    const commit = store.transaction.bind(store);
    store.transaction = (work) =>
      disk.broken ? Promise.reject(new Error("the disk failed")) : commit(work);
    return store;
  };
  return { ...lmdb, open: open as typeof lmdb.open };
});

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quorate-index-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const key = (name: string): Buffer => rows.rowKey(rows.SPACE_ENTRY, Buffer.alloc(32, name));
const old = Buffer.from("old");

function open(changes: Partial<DiskIndexOptions> = {}): DiskIndex {
  return new DiskIndex({
    path: join(folder, "index"),
    folder,
    bytesMax: 1_000_000,
    ageMsMax: undefined,
    tally: new CacheTally(),
    isPinned: () => false,
    onEvicted: () => undefined,
    ...changes,
  });
}

async function filled(): Promise<void> {
  const index = open();
  for (const name of ["a", "b", "c"]) index.put(key(name), old);
  await index.close();
}

describe("what cannot be written", () => {
  it("on a disk that is full, is forgotten: a removed row does not come back", async () => {
    await filled();
    const full = open({ freeBytesMin: Number.MAX_SAFE_INTEGER });
    full.remove(key("a"));
    full.put(key("b"), Buffer.from("new"));
    await full.flush();
    expect([full.get(key("a")), full.get(key("b")), full.get(key("c"))]).toEqual([
      undefined,
      undefined,
      old,
    ]);
    await full.close();
    const again = open();
    expect([again.get(key("a")), again.get(key("b"))]).toEqual([undefined, undefined]);
    await again.close();
  });

  it("because the commit failed, is forgotten too, and removed with the next turn", async () => {
    await filled();
    const index = open();
    disk.broken = true;
    index.remove(key("a"));
    await index.flush();
    expect(index.get(key("a"))).toBeUndefined();
    expect(index.get(key("b"))).toEqual(old);
    disk.broken = false;
    index.put(key("d"), Buffer.from("new"));
    await index.close();
    const again = open();
    expect(again.get(key("a"))).toBeUndefined();
    expect(again.get(key("d"))).toEqual(Buffer.from("new"));
    await again.close();
  });
});
