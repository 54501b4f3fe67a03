import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { PROBE_MS_MAX } from "./limits.ts";

/**
 * Reads every row of an LMDB store in a child process. A truncated or overwritten store kills the
 * process that touches the missing page (SIGBUS, SIGSEGV), which no JavaScript can catch; the child
 * dies in our place. False: the store is not readable.
 */
export function probeStore(path: string): Promise<boolean> {
  const lmdb = createRequire(import.meta.url).resolve("lmdb");
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["-e", PROBE, lmdb, path],
      { timeout: PROBE_MS_MAX, killSignal: "SIGKILL" },
      (error) => resolve(error === null),
    );
  });
}

const PROBE = `
const { open } = require(process.argv[1]);
const store = open({ path: process.argv[2], readOnly: true, keyEncoding: "binary", encoding: "binary" });
let sum = 0;
for (const { key, value } of store.getRange()) sum += key.length + value[value.length - 1];
process.exit(Number.isNaN(sum) ? 1 : 0);
`;
