// Bundles viz/ into dist/viz with Vite when a source of it is newer than the last time.
import {
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./prepare.js";

/** What the page is made of, beside node_modules: a change elsewhere bundles nothing. */
const SOURCES = ["viz", "base", "consensus", "client/receipt"];
const STAMP = ".built";

/** `folder` is where dist/ is, or will be. */
export async function buildViewer(folder = join(root, "dist")) {
  const wanted = stamp();
  const target = join(folder, "viz");
  const stampPath = join(target, STAMP);
  if (existsSync(stampPath) && readFileSync(stampPath, "utf8") === wanted) return;
  const { build } = await import("vite");
  const partial = `${target}.${process.pid}.partial`;
  await build({
    root: join(root, "viz"),
    configFile: false,
    logLevel: "warn",
    base: "./",
    build: {
      outDir: partial,
      emptyOutDir: true,
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 900,
    },
    worker: { format: "es" },
  });
  writeFileSync(join(partial, STAMP), wanted);
  swap(partial, target);
}

/** Somebody else may build the same at the same time: whoever comes second throws its own away. */
function swap(partial, target) {
  try {
    rmSync(target, { recursive: true, force: true });
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(join(target, "index.html"))) throw error;
  }
}

function stamp() {
  let newest = statSync(join(root, "package-lock.json")).mtimeMs;
  let count = 0;
  for (const room of SOURCES) {
    for (const entry of readdirSync(join(root, room), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /\.(?:test|md)\b/.test(entry.name)) continue;
      count++;
      newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
    }
  }
  return `${newest} ${count}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildViewer();
