import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Prng } from "../../base/prng.ts";
import type { Hash } from "../../base/types.ts";
import { builtModule, notBuilt } from "../testing/built-module.ts";
import { changesOf, keyOf } from "./row-store.case.ts";
import { Store } from "./store.ts";

const digestOf = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

/** The value of a number, the same in the child and here. */
const valueOf = (number: number): Uint8Array =>
  new Uint8Array(200 + (number % 3000)).fill(number % 251);

/** Executions of ten rows that all bear their number, and values, each said once it is durable. */
const WRITER = `
const { createHash } = await import("node:crypto");
const { Store } = await import(${JSON.stringify(builtModule("node/store/store.ts"))});
const store = await Store.open(process.argv[1], { onDamage: (damage) => { throw new Error(damage.what); }, flushMs: 3, segmentBytesMax: 100000 });
let number = store.flushedSequence;
for (;;) {
  number++;
  const rows = Array.from({ length: 10 }, (_, at) => {
    const key = new Uint8Array(33);
    key[4] = at;
    return { key, row: new TextEncoder().encode(number + " " + "x".repeat(number % 500)) };
  });
  store.rows.apply({ sequence: number, stateRoot: new Uint8Array(32), agreedTime: 1n, rows });
  const value = new Uint8Array(200 + (number % 3000)).fill(number % 251);
  await store.values.putSmall(new Uint8Array(createHash("sha256").update(value).digest()), value);
  process.stdout.write("v" + number + "\\n");
  if (number % 7 === 0) { await store.flush(); process.stdout.write("r" + store.flushedSequence + "\\n"); }
}`;

function writeUntilKilled(folder: string, lines: number): Promise<string[]> {
  const args = ["--input-type=module", "-e", WRITER, folder];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
    if (said.split("\n").length > lines) child.kill("SIGKILL");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(said.split("\n").slice(0, -1)));
  });
}

const highest = (said: readonly string[], sort: string): number =>
  said
    .filter((line) => line.startsWith(sort))
    .reduce((max, line) => Math.max(max, Number(line.slice(1))), 0);

describe("a store whose process is killed while it writes", () => {
  it.skipIf(notBuilt !== "")(
    `holds whole executions and every value that it had, time after time${notBuilt}`,
    async () => {
      const parent = mkdtempSync(join(tmpdir(), "quorate-crash-"));
      const rng = new Prng(1);
      const values = new Set<number>();
      try {
        for (let round = 0; round < 5; round++) {
          const said = await writeUntilKilled(join(parent, "store"), 20 + rng.below(150));
          for (const line of said) if (line.startsWith("v")) values.add(Number(line.slice(1)));
          const damages: string[] = [];
          const onDamage = ({ what }: { what: string }): void => void damages.push(what);
          const store = await Store.open(join(parent, "store"), { onDamage });
          expect(store.flushedSequence).toBeGreaterThanOrEqual(highest(said, "r"));
          const numbers = Array.from({ length: 10 }, (_, at) =>
            Number(new TextDecoder().decode(store.rows.get(keyOf(at))).split(" ")[0]),
          );
          expect(new Set(numbers)).toEqual(new Set([store.flushedSequence]));
          for (const number of values) {
            expect(store.values.small(digestOf(valueOf(number)))).toEqual(valueOf(number));
          }
          expect(damages).toEqual([]);
          await store.close();
        }
      } finally {
        rmSync(parent, { recursive: true, force: true });
      }
    },
  );
});

/** A file system of its own with this many bytes; undefined where it cannot be mounted. */
function mountTmpfs(bytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "quorate-full-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder], {
      stdio: "ignore",
    });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

function unmount(folder: string): void {
  execFileSync("umount", ["-l", folder]);
  rmSync(folder, { recursive: true });
}

const probe = mountTmpfs(1 << 20);
if (probe !== undefined) unmount(probe);
const skipped = probe === undefined ? " skipped: kernel: needs a mountable tmpfs" : "";

describe("a full disk", () => {
  const fill = (folder: string, bytes: number): void =>
    writeFileSync(join(folder, "ballast"), new Uint8Array(bytes));
  const rowsOf = (from: number) =>
    Array.from({ length: 200 }, (_, at) => ({
      key: keyOf(from + at),
      row: new Prng(from + at).bytes(500),
    }));

  it.skipIf(skipped !== "")(
    `refuses before LMDB meets the end, and resumes by itself${skipped}`,
    async () => {
      const mounted = mountTmpfs(16 << 20) as string;
      const onDamage = (): never => {
        throw new Error("damage");
      };
      try {
        const store = await Store.open(join(mounted, "store"), {
          onDamage,
          freeBytesMin: 4 << 20,
          flushMs: 10,
        });
        const [value, later] = [valueOf(1), valueOf(2)];
        await store.values.putSmall(digestOf(value), value);
        store.rows.apply(changesOf(1, rowsOf(0)));
        await store.flush();
        fill(mounted, 12 << 20);
        store.rows.apply(changesOf(2, rowsOf(1000)));
        await expect(store.flush()).rejects.toMatchObject({ code: "DISK_FULL" });
        await expect(store.values.putSmall(digestOf(later), later)).rejects.toMatchObject({
          code: "DISK_FULL",
        });
        expect(store.diskFull).toBe(true);
        expect(store.rows.get(keyOf(1000))).toEqual(rowsOf(1000)[0]?.row);
        expect(store.flushedSequence).toBe(1);
        expect(store.values.small(digestOf(value))).toEqual(value);
        rmSync(join(mounted, "ballast"));
        while (store.flushedSequence < 2) await new Promise((resolve) => setTimeout(resolve, 20));
        await store.values.putSmall(digestOf(later), later);
        expect(store.diskFull).toBe(false);
        await store.close();
      } finally {
        unmount(mounted);
      }
    },
  );

  it.skipIf(skipped !== "")(
    `that LMDB did meet loses nothing, and it goes on when there is space${skipped}`,
    async () => {
      const mounted = mountTmpfs(4 << 20) as string;
      const unhandled: unknown[] = [];
      const note = (error: unknown): void => void unhandled.push(error);
      process.on("unhandledRejection", note);
      try {
        const damages: unknown[] = [];
        const options = {
          onDamage: (damage: unknown) => void damages.push(damage),
          freeBytesMin: 0,
        };
        const store = await Store.open(join(mounted, "store"), { ...options, flushMs: 60_000 });
        let at = 1;
        for (; at < 100; at++) {
          store.rows.apply(changesOf(at, rowsOf(at * 1000)));
          const code = await store.flush().then(
            () => undefined,
            (error: { code: string }) => error.code,
          );
          if (code !== undefined) break;
          mkdirSync(join(mounted, "ballast"), { recursive: true });
          writeFileSync(join(mounted, "ballast", `${at}`), new Uint8Array(256 << 10));
        }
        expect(at).toBeLessThan(100);
        for (let before = 1; before <= at; before++) {
          expect(store.rows.get(keyOf(before * 1000))).toEqual(rowsOf(before * 1000)[0]?.row);
        }
        rmSync(join(mounted, "ballast"), { recursive: true });
        await store.flush();
        expect(store.flushedSequence).toBe(at);
        await store.close();
        const again = await Store.open(join(mounted, "store"), options);
        expect([...again.rows.entries()].length).toBe(at * 200);
        await again.close();
        await new Promise((resolve) => setImmediate(resolve));
        expect({ damages, unhandled }).toEqual({ damages: [], unhandled: [] });
      } finally {
        process.off("unhandledRejection", note);
        unmount(mounted);
      }
    },
  );
});
