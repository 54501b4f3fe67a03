import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RotatingLog } from "./rotating-log.ts";

describe("RotatingLog", () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quorate-log-"));
    path = join(folder, "logs", "node-0.log");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = (bytesMax: number): RotatingLog =>
    new RotatingLog({ path, bytesMax, keptCountMax: 2 });

  it("appends lines to what an earlier run left", () => {
    for (const line of ["one", "two"]) {
      const log = open(1000);
      log.append(line);
      log.close();
    }
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
  });

  it("sets the file aside before it would pass its bound, and keeps a bounded number", () => {
    const log = open(20);
    for (let index = 0; index < 12; index++) log.append(`line-${index}`.padEnd(9));
    log.close();
    expect(readdirSync(join(folder, "logs")).sort()).toEqual([
      "node-0.log",
      "node-0.log.1",
      "node-0.log.2",
    ]);
    expect(readFileSync(path, "utf8")).toBe("line-10  \nline-11  \n");
    expect(readFileSync(`${path}.1`, "utf8")).toBe("line-8   \nline-9   \n");
    for (const name of readdirSync(join(folder, "logs"))) {
      expect(statSync(join(folder, "logs", name)).size).toBeLessThanOrEqual(20);
    }
  });

  it("sets aside a file that was already too long", () => {
    open(1000).append("x".repeat(100));
    const log = open(50);
    log.append("new");
    expect(readFileSync(path, "utf8")).toBe("new\n");
  });

  it("loses lines and counts them where it cannot write, and never throws", () => {
    writeFileSync(join(folder, "logs"), "a file where the folder should be");
    const log = open(1000);
    log.append("one");
    log.append("two");
    expect(log.lostCount).toBe(2);
  });
});
