import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export function hasTool(name: string): boolean {
  return spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0;
}

export interface Build {
  /** Object file → SHA-256, hex. */
  readonly objects: ReadonlyMap<string, string>;
  /** ccache's own counters. */
  readonly statistics: ReadonlyMap<string, number>;
}

/**
 * Compiles lua with ccache, whose only storage is the URL: an empty local cache for each build.
 * Asynchronous, because the gateway may live in this process.
 */
export function buildLua(source: string, folder: string, url: string): Promise<Build> {
  const make = ["CC=ccache gcc -std=gnu99", "linux"];
  return buildWithCcache(join(source, "src"), make, { folder, url });
}

/** The same for any folder with a makefile and its objects. */
export async function buildWithCcache(
  source: string,
  goals: readonly string[],
  { folder, url }: { readonly folder: string; readonly url: string },
): Promise<Build> {
  const environment = {
    ...process.env,
    CCACHE_DIR: mkdtempSync(join(folder, "ccache-")),
    CCACHE_REMOTE_ONLY: "true",
    CCACHE_REMOTE_STORAGE: url,
    CCACHE_CONFIGPATH: "/dev/null",
  };
  await run("make", ["-C", source, "clean"], environment);
  await run("make", ["-C", source, "-j2", ...goals], environment);
  const printed = await run("ccache", ["--print-stats"], environment);
  const statistics = new Map<string, number>();
  for (const line of printed.split("\n")) {
    const [name, value] = line.split("\t");
    if (name !== undefined && value !== undefined) statistics.set(name, Number(value));
  }
  const objects = new Map<string, string>();
  for (const file of readdirSync(source).filter((name) => name.endsWith(".o"))) {
    const bytes = readFileSync(join(source, file));
    objects.set(file, createHash("sha256").update(bytes).digest("hex"));
  }
  return { objects, statistics };
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) resolve(output);
      else reject(new Error(`${command} ended with ${status}: ${errors}`));
    });
  });
}
