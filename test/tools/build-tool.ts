import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A real build tool that can be pointed at a gateway. */
export interface BuildTool {
  readonly name: string;
  /** What is not installed, and how to get it; undefined: all is there. */
  readonly missing: string | undefined;
  /** Files of a small project: path below the checkout, and text. */
  readonly project: Readonly<Record<string, string>>;
  /**
   * Files of the project that are others where two builds are to agree: what its tasks print is a part
   * of the tool's results. Undefined: they agree as they are.
   */
  readonly steady?: Readonly<Record<string, string>>;
  /** A text of the project and what a rogue has in its place; undefined: any bytes are an entry. */
  readonly sabotage?: readonly [from: string, to: string];
  /** Tasks or actions of one build that the cache can answer. */
  readonly count: number;
  /** One build with an empty local cache in `home`. Rejects unless the tool exits 0. */
  readonly build: (run: ToolRun) => Promise<Built>;
}

export interface ToolRun {
  readonly checkout: string;
  /** Empty at first, and this run's own. */
  readonly home: string;
  readonly url: string;
  /** Of the same gateway, `grpc://` and its port. */
  readonly grpcUrl: string;
  readonly namespace: string;
}

export interface Built {
  /** By the tool's own word. */
  readonly hits: number;
  /** Output file → SHA-256, hex. */
  readonly outputs: ReadonlyMap<string, string>;
}

const FOLDER = dirname(fileURLToPath(import.meta.url));
export const NODE_TOOLS: string = join(FOLDER, "node_modules");

/** A file of an npm package of ours, or why not. */
export function missingNodeTool(file: string): string | undefined {
  if (existsSync(join(NODE_TOOLS, file))) return undefined;
  return `${file.split("/")[0]}: run npm install in test/tools`;
}

export function missingProgram(file: string, name: string): string | undefined {
  return existsSync(file) ? undefined : `${name}: run bin/system-packages.js as root`;
}

export function writeProject(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Digests of the files below the folders, by their path below `checkout`. */
export function digestFiles(checkout: string, folders: readonly string[]): Map<string, string> {
  const digests = new Map<string, string>();
  for (const folder of folders) {
    const at = join(checkout, folder);
    if (!existsSync(at)) continue;
    for (const entry of readdirSync(at, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const digest = createHash("sha256").update(readFileSync(file)).digest("hex");
      digests.set(file.slice(checkout.length + 1), digest);
    }
  }
  return digests;
}

/**
 * Runs a program to its end; resolves with all that it printed. Asynchronous, because the gateway
 * may live in this process.
 */
export function runTool(
  command: string,
  args: readonly string[],
  options: { readonly folder: string; readonly environment: Readonly<Record<string, string>> },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.folder,
      env: { PATH: process.env["PATH"], CI: "true", ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) resolve(printed);
      else reject(new Error(`${command} ended with ${status}: ${printed}`));
    });
  });
}

/** The one number that a pattern finds, 0 when it finds none. */
export function numberIn(text: string, pattern: RegExp): number {
  return Number(pattern.exec(text)?.[1] ?? 0);
}
