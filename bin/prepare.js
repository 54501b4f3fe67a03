// Installs and builds what is missing. Plain JavaScript without dependencies: it runs first.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const NODE_MIN = [20, 19];
const LOCK_WAIT_MS_MAX = 600_000;
const stampPath = join(root, "node_modules", ".quorate-installed");
const lockPath = join(root, ".quorate-prepare.lock");

/** Everything that the two commands need, made under a lock so that two of them do not collide. */
export async function prepare() {
  refuseOldNode();
  await withLock(async () => {
    install();
    const { build } = await import("./build.js");
    await build();
  });
}

function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  console.error(
    `quorate needs Node ${NODE_MIN.join(".")} or newer; this is ${process.versions.node}`,
  );
  process.exit(64);
}

function install() {
  const wanted = stamp();
  if (existsSync(stampPath) && readFileSync(stampPath, "utf8") === wanted) return;
  console.error("installing dependencies (once; again when the lockfile or Node changes) …");
  // Production settings would leave the compiler out, and no dependency needs its install script.
  const result = spawnSync(
    "npm",
    ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
    {
      cwd: root,
      stdio: ["ignore", 2, 2],
      env: { ...process.env, NODE_ENV: "development" },
    },
  );
  if (result.status !== 0) {
    console.error("npm ci failed: see its words above; then run the same command again");
    process.exit(70);
  }
  writeFileSync(stampPath, wanted);
}

function stamp() {
  const lockfile = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  return `${lockfile} node ${process.versions.node} ${process.platform} ${process.arch}\n`;
}

async function withLock(work) {
  mkdirSync(root, { recursive: true });
  const start = Date.now();
  for (;;) {
    try {
      const descriptor = openSync(lockPath, "wx");
      writeSync(descriptor, String(process.pid));
      closeSync(descriptor);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (holderIsGone()) rmSync(lockPath, { force: true });
      else if (Date.now() - start > LOCK_WAIT_MS_MAX) {
        console.error(`another command holds ${lockPath}; remove it if none is running`);
        process.exit(70);
      } else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    await work();
  } finally {
    rmSync(lockPath, { force: true });
  }
}

function holderIsGone() {
  try {
    const pid = Number(readFileSync(lockPath, "utf8"));
    // Just created and not yet written: give its maker a second.
    if (!pid) return Date.now() - statSync(lockPath).mtimeMs > 1000;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** The project's own tool of this name, with its output shown; answers its exit code. */
export function run(tool, args, options = {}) {
  const result = spawnSync(process.execPath, [join(root, "node_modules", tool), ...args], {
    cwd: root,
    stdio: "inherit",
    ...options,
  });
  return result.status ?? 70;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await prepare();
