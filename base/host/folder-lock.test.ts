import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFolder } from "./folder-lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const built = join(dirname(fileURLToPath(import.meta.url)), "../../dist/base/host/folder-lock.js");
const isBuilt = existsSync(built);

/** Tries for the lock as soon as it runs, says how that went, and stays until it is let go. */
const TAKER = `
const { lockFolder } = await import(${JSON.stringify(pathToFileURL(built).href)});
try { lockFolder(process.argv[1]); console.log("mine"); } catch (error) { console.log(error.code); }
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));`;

const inUse = expect.objectContaining({ code: "FOLDER_IN_USE" }) as Error;

/** A lock file as the process `pid` would have left it. */
function leaveLock(number: number, holder: unknown): void {
  writeFileSync(join(folder, `lock.${number}`), JSON.stringify(holder));
}

function describeProcess(pid: number): { pid: number; startTicks: string; boot: string } {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const startTicks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return { pid, startTicks, boot };
}

describe("a folder's lock", () => {
  it("is held by one, and free again after release", () => {
    const lock = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(inUse);
    lock.release();
    lockFolder(folder).release();
    expect(readdirSync(folder)).toEqual(["lock.2"]);
  });

  it("names the process that holds it", () => {
    lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(`process ${process.pid}`);
  });

  it("of a living process stands, and falls when the process is killed", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const gone = new Promise((resolve) => child.on("close", resolve));
    leaveLock(4, describeProcess(child.pid ?? 0));
    expect(() => lockFolder(folder)).toThrow(inUse);
    child.kill("SIGKILL");
    await gone;
    lockFolder(folder).release();
    expect(readdirSync(folder)).toEqual(["lock.5"]);
  });

  it("falls when its pid now belongs to another process, or another boot", () => {
    const mine = describeProcess(process.pid);
    leaveLock(1, { ...mine, startTicks: "1" });
    lockFolder(folder).release();
    leaveLock(9, { ...mine, boot: "before" });
    lockFolder(folder).release();
    expect(readdirSync(folder)).toEqual(["lock.10"]);
  });

  it("falls when a crash of the machine left it empty", () => {
    writeFileSync(join(folder, "lock.1"), "");
    lockFolder(folder).release();
    expect(readdirSync(folder)).toEqual(["lock.2"]);
  });

  it.skipIf(!isBuilt)(
    `of a dead process is taken by exactly one of many${isBuilt ? "" : " skipped: dist: npm run build"}`,
    async () => {
      const dead = spawnSync(process.execPath, ["-e", ""]);
      leaveLock(1, { pid: dead.pid, startTicks: "1", boot: "x" });
      const children = Array.from({ length: 6 }, () =>
        spawn(process.execPath, ["--input-type=module", "-e", TAKER, folder]),
      );
      const words = await Promise.all(
        children.map(
          (child) =>
            new Promise<string>((resolve) => {
              child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8").trim()));
            }),
        ),
      );
      for (const child of children) child.stdin.end();
      expect(words.sort()).toEqual([...Array.from({ length: 5 }, () => "FOLDER_IN_USE"), "mine"]);
    },
  );
});
