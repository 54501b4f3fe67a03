import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readLauncherState } from "../cluster/launcher/launcher-state.ts";
import type { LauncherState } from "../cluster/launcher/launcher-state.ts";
import { isAlive } from "../cluster/launcher/process-identity.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

let parent: string;
let group = 0;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "quorate-start-"));
});
afterEach(() => {
  // A test that failed must not leave a cluster behind.
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // All gone, as it should be.
  }
  rmSync(parent, { recursive: true, force: true });
});

interface Started {
  readonly npm: ChildProcess;
  readonly state: LauncherState;
  readonly output: string;
}

/** `npm start` in a process group of its own, once it has said what a newcomer needs. */
async function start(): Promise<Started> {
  const dir = join(parent, "cluster");
  const npm = spawn(
    "npm",
    ["start", "--", "--dir", dir, "--base-port", "0", "--gateway-port", "0"],
    { cwd: root, detached: true, stdio: ["ignore", "pipe", "pipe"] },
  );
  group = npm.pid ?? 0;
  let output = "";
  await new Promise<void>((resolve, reject) => {
    for (const stream of [npm.stdout, npm.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes("Ctrl-C ends it")) resolve();
      });
    }
    npm.once("exit", (code) => reject(new Error(`npm start ended with ${code}: ${output}`)));
  });
  npm.removeAllListeners("exit");
  const state = readLauncherState(dir);
  if (state === undefined) throw new Error(`no launcher runs: ${output}`);
  return { npm, state, output };
}

async function gone(state: LauncherState): Promise<void> {
  while ([state, ...state.children].some(isAlive)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("npm start", () => {
  it("says where the gateway is, how ccache uses it, and how to write and read", async () => {
    const { npm, state, output } = await start();
    expect(output).toContain(`export CCACHE_REMOTE_STORAGE=${state.gatewayUrl}/cache`);
    expect(output).toContain("npx quorate put --dir");
    expect(output).toContain("npx quorate get --dir");
    process.kill(-(npm.pid ?? 0), "SIGINT");
    expect(await new Promise((resolve) => npm.once("exit", resolve))).toBe(0);
    await gone(state);
  });

  it.each<[string, NodeJS.Signals, (npm: number) => number]>([
    ["SIGTERM to npm alone", "SIGTERM", (npm) => npm],
    ["SIGINT to npm alone", "SIGINT", (npm) => npm],
    ["SIGKILL to npm alone", "SIGKILL", (npm) => npm],
    ["SIGTERM to the whole group", "SIGTERM", (npm) => -npm],
    ["SIGKILL to the whole group", "SIGKILL", (npm) => -npm],
  ])("%s ends every child", async (_title, signal, target) => {
    const { npm, state } = await start();
    process.kill(target(npm.pid ?? 0), signal);
    await gone(state);
  });
});
