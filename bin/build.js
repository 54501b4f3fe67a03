// Emits dist/ with plain tsc when a source is newer than the last build.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The rooms that are built; a test holds that each is there, since git keeps no empty folder. */
const ROOMS = JSON.parse(readFileSync(join(root, "tsconfig.build.json"), "utf8")).include;
const stampPath = join(root, "dist", ".built");

/** The program, and then the page that shows what it does. */
export async function build() {
  buildProgram();
  const { buildViewer } = await import("./build-viewer.js");
  await buildViewer();
}

function buildProgram() {
  const wanted = `${newestSource()} node ${process.versions.node}\n`;
  if (existsSync(stampPath) && readFileSync(stampPath, "utf8") === wanted) return;
  console.error("building …");
  // Beside the old one and then swapped: who runs from dist/ meanwhile never sees half of it.
  const partial = join(root, `dist.${process.pid}.partial`);
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const result = spawnSync(
    process.execPath,
    [tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", partial],
    { cwd: root, stdio: ["ignore", 2, 2] },
  );
  if (result.status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    process.exit(70);
  }
  writeFileSync(join(partial, ".built"), wanted);
  // The page is built apart, from sources of its own: the one that is there stays.
  const page = join(root, "dist", "viz");
  if (existsSync(page)) cpSync(page, join(partial, "viz"), { recursive: true });
  swap(partial, join(root, "dist"));
}

function swap(partial, dist) {
  const old = `${partial}.old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(partial, dist);
  rmSync(old, { recursive: true, force: true });
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

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
