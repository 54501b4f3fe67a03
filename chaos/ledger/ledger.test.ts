import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityOf, isAlive } from "../../cluster/launcher/process-identity.ts";
import { cleanUp } from "./clean-up.ts";
import { abandonedLedgers, Ledger } from "./ledger.ts";

describe("what a run has made", () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), "quorate-ledger-"));
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it("is removed by its list: processes and files", async () => {
    const ledger = Ledger.open(parent);
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
      stdio: "ignore",
    });
    const identity = identityOf(child.pid!)!;
    ledger.noteProcess(child.pid);
    writeFileSync(join(ledger.folder, "something"), "x");
    const { removed, left } = await cleanUp(ledger.folder);
    expect(removed).toEqual([`process ${child.pid}`]);
    expect(left).toEqual([]);
    expect(isAlive(identity)).toBe(false);
    expect(existsSync(ledger.folder)).toBe(false);
  });

  it("is not abandoned while its process runs", () => {
    Ledger.open(parent);
    expect(abandonedLedgers(parent)).toEqual([]);
  });

  it("is abandoned once its process is gone, or when nobody signed for it", () => {
    const ledger = Ledger.open(parent);
    const gone = { pid: process.pid, startTime: "another boot" };
    writeFileSync(
      join(ledger.folder, "ledger.jsonl"),
      `${JSON.stringify({ type: "owner", identity: gone })}\n{"type":"mou`,
    );
    expect(abandonedLedgers(parent)).toEqual([ledger.folder]);
  });

  it("a stranger under a number that was ours is left alone", async () => {
    const ledger = Ledger.open(parent);
    ledger.note({
      type: "process",
      identity: { pid: process.pid, startTime: "another boot" },
    });
    expect((await cleanUp(ledger.folder)).removed).toEqual([]);
  });
});
