import { spawn } from "node:child_process";
import { createRequire } from "node:module";

/**
 * Opens an LMDB environment in a child process first: a truncated or overwritten data file ends
 * the process that touches it with SIGBUS or SIGSEGV, which nothing in JavaScript can catch
 * (reliability §0.5). The child reads every row and writes one, so that the list of free pages is
 * walked as well.
 */
export interface ProbeVerdict {
  readonly sound: boolean;
  /** What the child said or died of. */
  readonly why: string;
}

/** A gigabyte of rows is read in a few seconds; a page that points to itself never ends. */
const PROBE_MS_MAX = 120_000;

/** Its last words, for the log. */
const WORDS_BYTES_MAX = 2048;

export function probeStore(path: string, timeoutMs = PROBE_MS_MAX): Promise<ProbeVerdict> {
  const require = createRequire(import.meta.url);
  // The function's own text is what the child runs: no second file that could be missing.
  const program = `(${String(readEverything)})(require(process.argv[1]), process.argv[2])`;
  const args = ["-e", program, require.resolve("lmdb"), path];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => {
    words = (words + chunk.toString("utf8")).slice(-WORDS_BYTES_MAX);
  });
  return new Promise((resolve, reject) => {
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
      const last =
        words
          .trim()
          .split("\n")
          .findLast((line) => /\w/.test(line)) ?? "";
      resolve({ sound: code === 0, why: code === 0 ? "sound" : `${end} ${last}`.trim() });
    });
  });
}

/** Runs in the child and may name nothing from outside of it. */
function readEverything(lmdb: typeof import("lmdb"), path: string): void {
  const options = { encoding: "binary", keyEncoding: "binary" } as const;
  const root = lmdb.open<Buffer, Uint8Array>({
    path,
    noSubdir: false,
    overlappingSync: false,
    maxDbs: 8,
    ...options,
  });
  for (const name of ["rows", "values", "meta"]) {
    const table = root.openDB<Buffer, Uint8Array>({ name, ...options });
    const entryCount = Number((table.getStats() as { entryCount?: number }).entryCount);
    let count = 0;
    for (const { value } of table.getRange({})) {
      if (!(value.length >= 0) || ++count > entryCount)
        throw new Error(`${name}: rows without end`);
    }
    if (count !== entryCount) throw new Error(`${name}: ${count} rows of ${entryCount}`);
  }
  const probe = root.openDB<Buffer, Uint8Array>({ name: "probe", ...options });
  probe.putSync(Buffer.from("probe"), Buffer.alloc(4096, 1));
  probe.removeSync(Buffer.from("probe"));
  process.exit(0);
}
