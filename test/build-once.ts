import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Before any test: brings dist/ up to date, for the tests that run the real executable. A tree that
 * does not compile fails those tests and `check`, not the tests of every other room.
 */
export default function buildOnce(): void {
  const result = spawnSync(process.execPath, ["bin/build.js"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (result.status !== 0) console.error(`dist/ is stale: the build ended with ${result.status}`);
}
