// npm start: prepares what is missing, then `quorate up` with defaults, in the foreground.
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * npm may be killed alone; nobody tells us, but our parent is another one then. (The script in
 * package.json says `exec`: a shell between npm and us would keep npm's signals to itself.)
 */
const PARENT_POLL_MS = 250;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
endWithParent();
await prepareApart();
const { main } = await import("../dist/cluster/cli/main.js");
await main(["up", ...process.argv.slice(2)]);

/**
 * Installing and building block their process, which would be deaf to signals: so they run in a
 * child with a process group of its own, and a signal ends that group.
 */
async function prepareApart() {
  const code = 'import("./bin/prepare.js").then(({ prepare }) => prepare())';
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    cwd: root,
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  const endGroup = () => {
    try {
      process.kill(-Number(child.pid), "SIGKILL");
    } catch {
      // Gone already.
    }
    process.exit(0);
  };
  for (const signal of signals) process.on(signal, endGroup);
  const status = await new Promise((resolve) => {
    child.once("error", () => resolve(70));
    child.once("exit", (exitCode) => resolve(exitCode ?? 70));
  });
  for (const signal of signals) process.off(signal, endGroup);
  if (status !== 0) process.exit(status);
}

function endWithParent() {
  if (process.env.npm_lifecycle_event !== "start") return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
  }, PARENT_POLL_MS).unref();
}
