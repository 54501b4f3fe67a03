import { hash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Hash } from "../../base/types.ts";
import { DiskTier } from "../../client/cache/disk-tier.ts";
import { COMMAND_TABLE } from "./command-table.ts";
import type { Frame } from "./frame.ts";
import { buildProgram } from "./program.ts";
import { ageText, parseAge, parseSize, sizeText } from "./sizes.ts";
import { Terminal } from "./terminal.ts";

const cache = mkdtempSync(join(tmpdir(), "quorate-cache-command-"));
const folder = join(cache, "cache");
afterAll(() => rmSync(cache, { recursive: true, force: true }));

interface Answer {
  readonly exitCode: number;
  readonly [figure: string]: unknown;
}

async function quorate(...words: readonly string[]): Promise<Answer> {
  let text = "";
  const stdout = { write: (part: string): void => void (text += part) };
  const terminal = new Terminal({ json: true, environment: {}, stdout, stderr: stdout });
  const frame: Frame = { terminal, environment: {}, exitCode: -1 };
  const program = await buildProgram(frame, "0.0.0", words, COMMAND_TABLE);
  await program.parseAsync([...words, "--cache", cache, "--json"], { from: "user" });
  return { ...(JSON.parse(text) as object), exitCode: frame.exitCode };
}

function open(): Promise<DiskTier> {
  return DiskTier.open({ folder, bytesMax: 1_000_000, ageMsMax: 86_400_000 });
}

beforeAll(async () => {
  const tier = await open();
  for (let seed = 0; seed < 10; seed++) {
    const bytes = Buffer.alloc(20_000, `value ${seed} `);
    tier.putValue(new Uint8Array(hash("sha256", bytes, "buffer")) as Hash, bytes);
    await tier.flush();
  }
  await tier.close();
});

describe("quorate cache", () => {
  it("stats shows what is there, and the limits it is kept within", async () => {
    expect(await quorate("cache", "stats")).toMatchObject({
      ...{ exitCode: 0, folder, exists: true, inUse: false, entries: 0, values: 10 },
      ...{ bytes: 202_560, bytesMax: 1_000_000, ageMsMax: 86_400_000 },
    });
  });

  it("stats also answers while a gateway has the folder; clean and verify leave it alone", async () => {
    const tier = await open();
    expect(await quorate("cache", "stats")).toMatchObject({ exitCode: 0, inUse: true, values: 10 });
    await expect(quorate("cache", "clean")).rejects.toMatchObject({ code: "FOLDER_IN_USE" });
    await expect(quorate("cache", "verify")).rejects.toMatchObject({ code: "FOLDER_IN_USE" });
    await tier.close();
  });

  it("verify ends with 0 when all holds, and with 1 when something had to be dropped", async () => {
    expect(await quorate("cache", "verify")).toMatchObject({ exitCode: 0, sound: true });
    const shelf = join(folder, "values", readdirSync(join(folder, "values"))[0]!);
    writeFileSync(join(shelf, readdirSync(shelf)[0]!), "other bytes");
    const found = await quorate("cache", "verify");
    expect(found).toMatchObject({ exitCode: 1, sound: false, corrupt: 1, values: 9 });
  });

  it("clean goes down to a size, least recently used first, and to nothing", async () => {
    const cleaned = await quorate("cache", "clean", "--size", "100000");
    expect(cleaned).toMatchObject({ exitCode: 0, removed: { values: 5 }, values: 4 });
    const emptied = await quorate("cache", "clean", "--all");
    expect(emptied).toMatchObject({ exitCode: 0, removed: { values: 4 }, values: 0, bytes: 0 });
    expect(readdirSync(join(folder, "values"), { recursive: true }).length).toBeLessThan(11);
  });
});

describe("sizes and ages", () => {
  it.each([
    ["512", 512],
    ["500MiB", 524_288_000],
    ["10GiB", 10_737_418_240],
  ])("%s is a size", (text, bytes) => expect(parseSize(text)).toBe(bytes));

  it.each([
    ["45s", 45_000],
    ["30d", 2_592_000_000],
  ])("%s is an age", (text, ms) => expect(parseAge(text)).toBe(ms));

  it.each(["", "0", "10GB", "-1", "1.5GiB", "9999999999999"])("%j is no size", (text) => {
    expect(() => parseSize(text)).toThrow(/size/);
  });
  it.each(["", "30", "0d", "d", "3w"])("%j is no age", (text) => {
    expect(() => parseAge(text)).toThrow(/age/);
  });

  it("are told in the unit that people would choose", () => {
    expect([sizeText(900), sizeText(10_737_418_240), sizeText(5_000_000)]).toEqual([
      ...["900 B", "10 GiB", "4.8 MiB"],
    ]);
    expect([ageText(5000), ageText(7_200_000), ageText(2_592_000_000)]).toEqual([
      ...["5 s", "2 h", "30 days"],
    ]);
  });
});
