import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Debian's package metamath-databases. */
const DATABASES = "/usr/share/metamath/databases";

/** Output of `verify proof *` about the largest is a line for each theorem that lacks something. */
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

export function databaseFile(name: string): string {
  return join(DATABASES, `${name}.mm`);
}

/** Undefined: all is there. */
export function missingMetamath(names: readonly string[]): string | undefined {
  const isThere = names.every((name) => existsSync(databaseFile(name)));
  return isThere && spawnSync("metamath", ["exit"]).status === 0
    ? undefined
    : "metamath and metamath-databases: npm run packages";
}

/** What `metamath` has against a database, for people; undefined: every proof in it is verified. */
export function metamathObjection(file: string): string | undefined {
  const words = [`read "${basename(file)}"`, "verify proof *", "exit"];
  const { stdout } = spawnSync("metamath", words, {
    cwd: dirname(file),
    encoding: "latin1",
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (/\?(?:Error|Warning)/.test(stdout)) return stdout.slice(0, 2000);
  return stdout.includes("All proofs in the database were verified")
    ? undefined
    : stdout.slice(-2000);
}
