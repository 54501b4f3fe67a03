import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { Prng } from "../../base/prng.ts";
import type { Hash } from "../../base/types.ts";
import type { Damage } from "./damage.ts";
import { changesOf, keyOf, rowOf } from "./row-store.case.ts";
import { Store } from "./store.ts";
import type { StoreOptions } from "./store.ts";

let parent: string;
let folder: string;
let damages: Damage[];
const open: Store[] = [];

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "quorate-store-"));
  folder = join(parent, "store");
  damages = [];
});
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  rmSync(parent, { recursive: true, force: true });
});

async function openStore(options: Partial<StoreOptions> = {}): Promise<Store> {
  const onDamage = (damage: Damage): void => void damages.push(damage);
  const store = await Store.open(folder, { onDamage, ...options });
  open.push(store);
  return store;
}

async function closeStore(store: Store): Promise<void> {
  open.splice(open.indexOf(store), 1);
  await store.close();
}

const digestOf = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

const valueOf = (seed: number, size: number): Uint8Array => new Prng(seed).bytes(size);

function flipBit(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

async function upload(store: Store, digest: Hash, bytes: Uint8Array, size = bytes.length) {
  await pipeline(
    Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]),
    store.values.openUpload(digest, size),
  );
}

async function refused(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "accepted",
    (error: { code?: unknown }) => error.code,
  );
}

describe("rows", () => {
  it("and the state that they belong to come back after a restart", async () => {
    const first = await openStore();
    expect(first.flushed).toBeUndefined();
    first.rows.apply(changesOf(1, [{ key: keyOf(1), row: rowOf("one") }]));
    first.rows.apply(changesOf(2, [{ key: keyOf(2), row: rowOf("two") }]));
    await closeStore(first);
    const second = await openStore();
    expect(second.flushed).toEqual({
      sequence: 2,
      stateRoot: new Uint8Array(32).fill(2),
      agreedTime: 2n,
    });
    expect(second.rows.get(keyOf(1))).toEqual(rowOf("one"));
    expect([...second.rows.entries()].length).toBe(2);
    expect(damages).toEqual([]);
  });

  it("become durable by themselves", async () => {
    const store = await openStore({ flushMs: 5 });
    store.rows.apply(changesOf(1, [{ key: keyOf(1), row: rowOf("one") }]));
    while (store.flushedSequence < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(store.flushedSequence).toBe(1);
  });

  it("with a flipped bit look absent and are reported", async () => {
    const store = await openStore();
    const rows = Array.from({ length: 50 }, (_, at) => ({
      key: keyOf(at),
      row: rowOf(`row ${at} `.repeat(9)),
    }));
    store.rows.apply(changesOf(1, rows));
    await closeStore(store);
    const path = join(folder, "index/data.mdb");
    const at = readFileSync(path).lastIndexOf("row 7 row 7");
    flipBit(path, at + 3);
    const again = await openStore();
    expect(again.rows.get(keyOf(7))).toBeUndefined();
    expect(again.rows.get(keyOf(8))).toEqual(rows[8]?.row);
    expect([...again.rows.entries()].length).toBe(49);
    expect(damages.every((damage) => damage.what === "row")).toBe(true);
    again.rows.apply(changesOf(2, [rows[7] as (typeof rows)[0]]));
    await again.flush();
    expect(again.rows.get(keyOf(7))).toEqual(rows[7]?.row);
  });

  it("are never wrong, wherever bits flip in the data file", async () => {
    const store = await openStore();
    const rows = Array.from({ length: 200 }, (_, at) => ({
      key: keyOf(at),
      row: valueOf(at, 300),
    }));
    store.rows.apply(changesOf(1, rows));
    await closeStore(store);
    const path = join(folder, "index/data.mdb");
    copyFileSync(path, join(parent, "whole"));
    const rng = new Prng(7);
    const outcomes = { whole: 0, counted: 0, aside: 0 };
    for (let round = 0; round < 12; round++) {
      mkdirSync(join(folder, "index"), { recursive: true });
      copyFileSync(join(parent, "whole"), path);
      damages = [];
      for (let flips = 0; flips < 20; flips++) flipBit(path, rng.below(statSync(path).size));
      const again = await openStore();
      let shown = 0;
      for (const { key, row } of rows) {
        const got = again.rows.get(key);
        if (got !== undefined) expect(toHex(got)).toBe(toHex(row));
        if (got !== undefined) shown++;
      }
      const isAside = damages.some((damage) => damage.what === "environment");
      if (shown < rows.length)
        expect(damages.length + Number(again.flushed === undefined)).toBeGreaterThan(0);
      outcomes[isAside ? "aside" : shown < rows.length ? "counted" : "whole"]++;
      await closeStore(again);
    }
    expect(outcomes.counted + outcomes.aside).toBeGreaterThan(0);
  });
});

describe("a store", () => {
  it("has one writer", async () => {
    await openStore();
    expect(await refused(openStore())).toBe("FOLDER_IN_USE");
  });

  it("of a later format is refused and left alone", async () => {
    await closeStore(await openStore());
    writeFileSync(join(folder, "format.json"), '{"format":2}');
    expect(await refused(openStore())).toBe("STORE_FORMAT");
    writeFileSync(join(folder, "format.json"), '{"format":1}');
    await openStore();
  });

  it("whose format file says nothing opens, reports it and writes it anew", async () => {
    await closeStore(await openStore());
    writeFileSync(join(folder, "format.json"), '{"forma');
    await openStore();
    expect(damages).toEqual([{ what: "format", found: '{"forma' }]);
    expect(readFileSync(join(folder, "format.json"), "utf8")).toBe('{"format":1}\n');
  });

  const breakers: Readonly<Record<string, (path: string) => void>> = {
    "is truncated": (path) => truncateSync(path, 5000),
    "is cut in half": (path) => truncateSync(path, statSync(path).size / 2),
    "is overwritten": (path) => writeFileSync(path, Buffer.alloc(statSync(path).size, 0xa5)),
    "is empty pages": (path) => writeFileSync(path, Buffer.alloc(statSync(path).size)),
    "has lost its first pages": (path) => {
      const bytes = readFileSync(path);
      writeFileSync(path, bytes.fill(0xff, 0, 8192));
    },
  };
  for (const [how, damage] of Object.entries(breakers)) {
    it(`whose data file ${how} is begun anew, with its values found again`, async () => {
      const value = valueOf(1, 5000);
      const store = await openStore();
      const rows = Array.from({ length: 300 }, (_, at) => ({
        key: keyOf(at),
        row: valueOf(at, 300),
      }));
      store.rows.apply(changesOf(1, rows));
      await store.values.putSmall(digestOf(value), value);
      await closeStore(store);
      damage(join(folder, "index/data.mdb"));
      const again = await openStore();
      expect(damages.map(({ what }) => what)).toEqual(["environment"]);
      expect(readdirSync(parent).filter((name) => name.startsWith("store.damaged-")).length).toBe(
        1,
      );
      expect(again.flushed).toBeUndefined();
      expect([...again.rows.entries()]).toEqual([]);
      expect(again.values.small(digestOf(value))).toEqual(value);
      again.rows.apply(changesOf(1, rows));
      await again.flush();
      expect(again.flushedSequence).toBe(1);
    });
  }
});

describe("values", () => {
  for (const size of [0, 1, 4096, 256 * 1024, 256 * 1024 + 1, 1_500_000]) {
    it(`of ${size} bytes come back, whole and in part, also after a restart`, async () => {
      const value = valueOf(size, size);
      const digest = digestOf(value);
      const store = await openStore();
      expect(store.values.has(digest)).toBe(false);
      await upload(store, digest, value);
      await closeStore(store);
      const again = await openStore();
      expect(again.values.sizeOf(digest)).toBe(size);
      expect(digestOf((await again.values.get(digest)) ?? valueOf(1, 1))).toEqual(digest);
      const range = { start: Math.floor(size / 3), end: Math.floor(size / 2) };
      const stream = again.values.openRead(digest, range);
      const part = Buffer.concat((await stream?.toArray()) as Uint8Array[]);
      expect(part.equals(value.subarray(range.start, range.end))).toBe(true);
      expect(damages).toEqual([]);
    });
  }

  it("with another digest or size are refused and leave nothing", async () => {
    const store = await openStore();
    const [value, other] = [valueOf(1, 2000), valueOf(2, 2000)];
    const large = valueOf(3, 300_000);
    expect(await refused(store.values.putSmall(digestOf(other), value))).toBe("VALUE_DIGEST");
    expect(await refused(upload(store, digestOf(other), value))).toBe("VALUE_DIGEST");
    expect(await refused(upload(store, digestOf(value), value, 1999))).toBe("VALUE_SIZE");
    expect(await refused(upload(store, digestOf(value), value, 2001))).toBe("VALUE_SIZE");
    expect(await refused(upload(store, digestOf(other), large))).toBe("VALUE_DIGEST");
    expect(await refused(upload(store, digestOf(large), large, 299_999))).toBe("VALUE_SIZE");
    expect(await refused(upload(store, digestOf(large), large, 300_001))).toBe("VALUE_SIZE");
    expect(() => store.values.openUpload(digestOf(large), 2 ** 31)).toThrow("announced");
    for (const bytes of [value, other, large])
      expect(store.values.has(digestOf(bytes))).toBe(false);
    expect(readdirSync(join(folder, "blobs/incoming"))).toEqual([]);
  });

  it("that were put twice at once are kept", async () => {
    const store = await openStore();
    const value = valueOf(1, 100);
    await Promise.all(
      Array.from({ length: 20 }, () => store.values.putSmall(digestOf(value), value)),
    );
    expect(store.values.small(digestOf(value))).toEqual(value);
  });

  it("whose bits flipped in the log look absent, are reported, and may be put again", async () => {
    const store = await openStore();
    const value = valueOf(1, 1000);
    await store.values.putSmall(digestOf(value), value);
    await store.flush();
    flipBit(join(folder, "values/segment-00000001"), 500);
    expect(await store.values.get(digestOf(value))).toBeUndefined();
    expect(damages).toEqual([{ what: "value", digest: digestOf(value) }]);
    expect(store.values.has(digestOf(value))).toBe(false);
    await store.values.putSmall(digestOf(value), value);
    expect(await store.values.get(digestOf(value))).toEqual(value);
  });

  it("whose bits flipped in their file are never handed out to the end", async () => {
    const store = await openStore();
    const value = valueOf(1, 1_000_000);
    const digest = digestOf(value);
    await upload(store, digest, value);
    const name = toHex(digest);
    const path = join(folder, "blobs", name.slice(0, 2), name);
    for (const at of [0, 500_000, 999_999]) {
      flipBit(path, at);
      let received = 0;
      const reading = (async () => {
        for await (const chunk of store.values.openRead(digest) as Readable)
          received += (chunk as Uint8Array).length;
      })();
      expect(await refused(reading)).toBe("VALUE_DAMAGED");
      expect(received).toBeLessThan(1_000_000);
      expect(store.values.has(digest)).toBe(false);
      await upload(store, digest, value);
    }
    flipBit(path, 999_999);
    expect(await store.values.get(digest)).toBeUndefined();
    expect(damages.length).toBe(4);
  });

  it("that LMDB had not heard of are found by a scan, behind damage too", async () => {
    const store = await openStore();
    const values = Array.from({ length: 10 }, (_, at) => valueOf(at, 1000));
    for (const value of values) await store.values.putSmall(digestOf(value), value);
    await closeStore(store);
    rmSync(join(folder, "index"), { recursive: true });
    // The header of the fourth.
    flipBit(join(folder, "values/segment-00000001"), 3 * 1048 + 4);
    const again = await openStore();
    const found = values.map((value) => again.values.small(digestOf(value)) !== undefined);
    expect(found).toEqual(values.map((_, at) => at !== 3));
    expect(damages).toEqual([{ what: "segment", name: "segment-00000001", offset: 3 * 1048 }]);
  });

  it("that a crash tore are cut off, and others follow in their place", async () => {
    const store = await openStore();
    const [value, torn, next] = [valueOf(1, 1000), valueOf(2, 1000), valueOf(3, 1000)];
    await store.values.putSmall(digestOf(value), value);
    await store.flush();
    await store.values.putSmall(digestOf(torn), torn);
    const path = join(folder, "values/segment-00000001");
    const bytes = readFileSync(path);
    await closeStore(store);
    rmSync(join(folder, "index"), { recursive: true });
    writeFileSync(path, bytes.subarray(0, bytes.length - 10));
    const again = await openStore();
    expect(again.values.has(digestOf(torn))).toBe(false);
    await again.values.putSmall(digestOf(next), next);
    expect(again.values.small(digestOf(next))).toEqual(next);
    expect(statSync(path).size).toBe(2 * 1048);
    expect(damages).toEqual([]);
  });

  it("of an upload that a crash cut short leave nothing", async () => {
    await closeStore(await openStore());
    const path = join(folder, "blobs/incoming/half");
    writeFileSync(path, "half");
    await openStore();
    expect(existsSync(path)).toBe(false);
  });
});
