// Emits dist/ with plain tsc when a source is newer than the last build.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildWire } from "./build-wire.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const ROOMS = ["base", "consensus", "proof", "client", "node", "cluster", "chaos", "bench"];
const stampPath = join(root, "dist", ".built");

export function build() {
  buildWire();
  const wanted = `${newestSource()} node ${process.versions.node}\n`;
  if (existsSync(stampPath) && readFileSync(stampPath, "utf8") === wanted) return;
  console.error("building …");
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const result = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (result.status !== 0) process.exit(70);
  mkdirSync(join(root, "dist/consensus/wire"), { recursive: true });
  copyFileSync(
    join(root, "consensus/wire/messages.js"),
    join(root, "dist/consensus/wire/messages.js"),
  );
  writeFileSync(stampPath, wanted);
}

/** Newest change and number of files: a removed file changes the count. */
function newestSource() {
  let newest = statSync(join(root, "tsconfig.json")).mtimeMs;
  let count = 0;
  for (const room of ROOMS) {
    for (const entry of readdirSync(join(root, room), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      count++;
      newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
    }
  }
  return `${newest} ${count}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) build();
