import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = dirname(fileURLToPath(import.meta.url));
const WANTED = join(FOLDER, "package.json");
/** What was installed last, word for word. */
const INSTALLED = join(FOLDER, "node_modules", ".installed.json");

/** Before the tests of real tools: brings those of package.json here that come from npm. */
export default function installNodeTools(): void {
  const wanted = readFileSync(WANTED, "utf8");
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, "utf8") === wanted) return;
  const options = ["--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  const { status } = spawnSync("npm", ["install", ...options], {
    cwd: FOLDER,
    stdio: ["ignore", "ignore", 2],
  });
  if (status === 0) writeFileSync(INSTALLED, wanted);
  else console.error("the build tools of test/tools/package.json could not be installed");
}
