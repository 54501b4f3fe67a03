import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Prng } from "../../base/prng.ts";
import { builtModule, notBuilt } from "../testing/built-module.ts";
import { initPromiseLog, openPromiseLog } from "./promise-folder.ts";

/** Promises as fast as it can, and says each number only once it is durable. */
const WRITER = `
const { openPromiseLog } = await import(${JSON.stringify(builtModule("node/promises/promise-folder.ts"))});
const { log, records } = openPromiseLog(process.argv[1], { segmentBytesMax: 20000 });
let next = records.length + 1;
const digest = new Uint8Array(32);
for (;;) {
  const turn = [];
  for (let count = 0; count < 3; count++, next++) {
    const size = next % 700;
    turn.push({ type: "batch", sequence: next, digest, batch: new Uint8Array(size).fill(next) });
  }
  log.append(turn);
  await log.sync();
  process.stdout.write(next - 1 + "\\n");
}`;

/** Runs the writer until it has said `lines` numbers, kills it, and answers the last one. */
function writeUntilKilled(folder: string, lines: number): Promise<number> {
  const args = ["--input-type=module", "-e", WRITER, folder];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
    if (said.split("\n").length > lines) child.kill("SIGKILL");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(Number(said.split("\n").slice(0, -1).at(-1) ?? 0)));
  });
}

describe("a replica killed while it promises", () => {
  it.skipIf(notBuilt !== "")(
    `finds every promise that was synced, time after time${notBuilt}`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "quorate-crash-"));
      try {
        initPromiseLog(folder);
        const rng = new Prng(1);
        let before = 0;
        for (let round = 0; round < 6; round++) {
          const synced = await writeUntilKilled(folder, 1 + rng.below(120));
          const opened = openPromiseLog(folder);
          if (opened.state === "amnesiac") throw new Error(opened.why);
          const sequences = opened.records.map((record) =>
            record.type === "batch" ? record.sequence : 0,
          );
          expect(synced).toBeGreaterThan(before);
          expect(sequences.length).toBeGreaterThanOrEqual(synced);
          expect(sequences).toEqual(sequences.map((_, index) => index + 1));
          before = sequences.length;
          await opened.log.close();
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
