import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { PROBE_MS_MAX } from "./limits.ts";

/**
 * A truncated or overwritten LMDB store kills the process that touches a bad page (SIGBUS, SIGSEGV,
 * an assertion), which no JavaScript can catch. So a store that may be damaged is read by a child
 * first, which dies in our place.
 *
 * @returns whether it reads every row, and every row has its seal (disk-rows.ts)
 */
export async function probeStore(path: string): Promise<boolean> {
  return (await runChild(["probe", path])).unsound === 0;
}

export interface Salvaged {
  /** Rows that hold, now in the other store. */
  readonly kept: number;
  /** Rows that were read and do not hold; at least one when the child died on the way. */
  readonly unsound: number;
}

/** Copies what holds of one store into another that is new, as far as the child gets. */
export async function salvageStore(path: string, into: string): Promise<Salvaged> {
  const { kept, unsound } = await runChild(["salvage", path, into]);
  return { kept, unsound: unsound ?? 1 };
}

interface ChildReport {
  readonly kept: number;
  /** Undefined: it died before its end. */
  readonly unsound: number | undefined;
}

function runChild(args: readonly string[]): Promise<ChildReport> {
  const lmdb = createRequire(import.meta.url).resolve("lmdb");
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["-e", SCRIPT, lmdb, ...args],
      { timeout: PROBE_MS_MAX, killSignal: "SIGKILL" },
      (error, stdout) => {
        // One line after each commit: the last one is what is on the disk.
        const last = stdout.trimEnd().split("\n").at(-1) ?? "";
        const [kept = 0, unsound = 0] = last.split(" ").map(Number);
        resolve({ kept, unsound: error === null ? unsound : undefined });
      },
    );
  });
}

/** Seals as in disk-rows.ts; spaces 1, 2 and 4 are what the order of use is made from again. */
const SCRIPT = `
const { open } = require(process.argv[1]);
const { hash } = require("node:crypto");
const [mode, path, into] = process.argv.slice(2);
const options = { keyEncoding: "binary", encoding: "binary", overlappingSync: false };
const from = open({ ...options, path, readOnly: true });
const to = mode === "salvage" ? open({ ...options, path: into }) : undefined;
const holds = (key, row) => row.length >= 16 &&
  hash("sha256", Buffer.concat([key, row.subarray(16)]), "buffer").subarray(0, 16)
    .equals(row.subarray(0, 16));
let kept = 0, unsound = 0, batch = [];
const flush = () => {
  to.transactionSync(() => { for (const [key, row] of batch) to.putSync(key, row); });
  kept += batch.length;
  batch = [];
  process.stdout.write(kept + " " + unsound + "\\n");
};
for (const { key, value } of from.getRange()) {
  if (!holds(key, value)) unsound++;
  else if (to !== undefined && [1, 2, 4].includes(key[0])) batch.push([Buffer.from(key), Buffer.from(value)]);
  if (batch.length >= 1000) flush();
}
if (to !== undefined) flush();
else process.stdout.write("0 " + unsound);
if (to !== undefined) to.close();
`;
