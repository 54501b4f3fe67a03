import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * The compiled twin of a source, for child processes: Node runs no TypeScript of its own. `npm
 * test` builds first; a bare vitest run uses what the last build left.
 */
export function builtModule(source: string): string {
  return pathToFileURL(join(root, "dist", source.replace(/\.ts$/, ".js"))).href;
}

/** For the titles of tests that need it: empty, or why they are skipped. */
export const notBuilt: string = existsSync(join(root, "dist/node/store/store.js"))
  ? ""
  : " skipped: dist: npm run build";
