import { hash } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open as openLmdb } from "lmdb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Hash } from "../../base/types.ts";
import { DiskTier } from "./disk-tier.ts";
import * as rows from "./disk-rows.ts";

const MIB = 1024 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
const sha256 = (bytes: Uint8Array): Hash => new Uint8Array(hash("sha256", bytes, "buffer")) as Hash;
const valueOf = (seed: number, size = 500): Uint8Array =>
  new Uint8Array(Buffer.alloc(size, `value ${seed} `));

let folder = "";
let nowMs = 1_800_000_000_000;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quorate-limits-"));
  nowMs = 1_800_000_000_000;
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const open = (bytesMax = 64 * MIB): Promise<DiskTier> =>
  DiskTier.open({ folder, bytesMax, ageMsMax: 30 * DAY_MS, nowMs: () => nowMs });

async function bytesOnDisk(): Promise<number> {
  const names = await readdir(join(folder, "values"), { recursive: true, withFileTypes: true });
  const files = names.filter((name) => name.isFile());
  const sizes = files.map(async (file) => (await stat(join(file.parentPath, file.name))).size);
  return (await Promise.all(sizes)).reduce((left, right) => left + right, 0);
}

describe("what nobody uses", () => {
  it("goes after its age, and what was used in between stays", async () => {
    const tier = await open();
    for (const seed of [1, 2]) tier.putValue(sha256(valueOf(seed)), valueOf(seed));
    await tier.flush();
    nowMs += 20 * DAY_MS;
    expect(tier.getValue(sha256(valueOf(1)))).toBeDefined();
    await tier.trim();
    nowMs += 20 * DAY_MS;
    await tier.trim();
    expect(tier.getValue(sha256(valueOf(1)))).toBeDefined();
    expect(tier.getValue(sha256(valueOf(2)))).toBeUndefined();
    expect(tier.counts()).toMatchObject({ values: 1, evictions: 1 });
    await tier.close();
  });

  it("goes from files, too, and in more than one turn", async () => {
    const tier = await open();
    for (let seed = 0; seed < 2500; seed++) tier.putValue(sha256(valueOf(seed)), valueOf(seed));
    tier.putValue(sha256(valueOf(1, MIB)), valueOf(1, MIB));
    await tier.flush();
    nowMs += 31 * DAY_MS;
    await tier.trim();
    expect(tier.counts()).toMatchObject({ values: 0, bytes: 0 });
    await tier.close();
    await (await open()).close();
    expect(await bytesOnDisk()).toBe(0);
  });

  it("is remembered over a restart", async () => {
    const before = await open();
    before.putValue(sha256(valueOf(1)), valueOf(1));
    await before.close();
    nowMs += 31 * DAY_MS;
    const after = await open();
    await after.trim();
    expect(after.counts().values).toBe(0);
    await after.close();
  });
});

describe("a store that was written before uses had a time", () => {
  it("opens, and its rows begin to age now", async () => {
    const store = openLmdb<Buffer, Buffer>({
      path: join(folder, "index.lmdb"),
      ...{ keyEncoding: "binary", encoding: "binary", overlappingSync: false },
    });
    const put = (key: Buffer, body: Buffer): void => store.putSync(key, rows.seal(key, body));
    const key = rows.rowKey(rows.SPACE_VALUE, sha256(valueOf(1)));
    put(key, rows.encodeValueBody({ form: rows.FORM_ROW, size: 500, bytes: valueOf(1) }));
    put(rows.orderKey(1), key);
    put(rows.useKey(key), rows.encodeFigures([1, 756]));
    put(rows.META_KEY, rows.encodeFigures([1, 756, 0, 1]));
    await store.close();
    const tier = await open();
    await tier.trim();
    expect(tier.counts()).toMatchObject({ values: 1, bytes: 756, wiped: 0 });
    nowMs += 29 * DAY_MS;
    await tier.trim();
    expect(tier.counts().values).toBe(1);
    nowMs += 2 * DAY_MS;
    await tier.trim();
    expect(tier.counts()).toMatchObject({ values: 0, bytes: 0 });
    await tier.close();
  });
});

describe("a limit of 100 MiB under puts and gets", () => {
  it("holds after every flush, and no get is answered with other bytes", async () => {
    const bytesMax = 100 * MIB;
    const tier = await open(bytesMax);
    const sizes = [700, 9_000, 60_000, 400_000, 1_500_000];
    const digests: Hash[] = [];
    let answered = 0;
    for (let seed = 0; seed < 400; seed++) {
      const bytes = valueOf(seed, sizes[seed % sizes.length]! + seed);
      digests.push(sha256(bytes));
      tier.putValue(digests[seed]!, bytes);
      if (seed % 20 === 19) await tier.flush();
      const digest = digests[(seed * 7) % (seed + 1)]!;
      const value = tier.getValue(digest);
      if (value === undefined) continue;
      const chunks: Uint8Array[] = [];
      for await (const chunk of value.stream()) chunks.push(chunk);
      expect(sha256(Buffer.concat(chunks))).toEqual(digest);
      answered++;
      expect(tier.counts().bytes).toBeLessThanOrEqual(bytesMax + 64 * MIB);
    }
    await tier.trim();
    expect(tier.counts().bytes).toBeLessThanOrEqual(bytesMax);
    expect(answered).toBeGreaterThan(100);
    expect(tier.counts().evictions).toBeGreaterThan(0);
    expect(tier.counts().corrupt).toBe(0);
    await tier.close();
    await (await open(bytesMax)).close();
    expect(await bytesOnDisk()).toBeLessThanOrEqual(bytesMax);
  });
});
