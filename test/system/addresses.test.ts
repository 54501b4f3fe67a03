import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePortRun } from "../../bench/harness/free-ports.ts";
import { QUORATE, runQuorate } from "../run-quorate.ts";

const HOSTS = ["127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"];
/** Of looks 50 ms apart: about what a test has. */
const ROUND_COUNT_MAX = 1000;
const README = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "README.md");

/**
 * README's chapter on several machines, as it stands there: its own command lines run, with only
 * addresses and ports put in. Each "machine" is a folder that holds what the chapter copies to it.
 */
describe("the chapter on several machines", () => {
  let parent: string;
  let gatewayPort: number;
  let addresses: readonly string[];
  const running: { readonly child: ChildProcess; output: string }[] = [];

  const machine = (index: number): string => join(parent, `machine-${index}`);
  const builder = (): string => join(parent, "builder");

  beforeAll(async () => {
    parent = mkdtempSync(join(tmpdir(), "quorate-addresses-"));
    const port = await freePortRun(2);
    gatewayPort = port + 1;
    addresses = HOSTS.map((host) => `${host}:${port}`);
  });
  afterAll(async () => {
    await Promise.all(running.map(({ child }) => end(child)));
    rmSync(parent, { recursive: true, force: true });
  });

  function run(command: string, folder: string): void {
    const child = spawn(process.execPath, [QUORATE, ...command.split(" ")], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const entry = { child, output: "" };
    child.stdout.on("data", (chunk: Buffer) => (entry.output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (entry.output += chunk.toString()));
    running.push(entry);
  }

  const outputs = (): string => running.map(({ output }) => output.slice(-500)).join("\n");

  it("init makes the folders, which are then moved to where they belong", async () => {
    const command = chapterCommand("init");
    expect(command).toMatch(/--hosts \S+$/);
    const folder = join(parent, "trusted");
    mkdirSync(folder);
    const args = command.replace(/--hosts \S+/, `--hosts ${addresses.join(",")}`).split(" ");
    const { exitCode, stderr } = await runQuorate(args, { folder });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const index of HOSTS.keys()) {
      mkdirSync(machine(index));
      renameSync(
        join(folder, "our-cluster", `node-${index}`),
        join(machine(index), `node-${index}`),
      );
    }
    mkdirSync(builder());
    copyFileSync(join(folder, "our-cluster", "cluster.json"), join(builder(), "cluster.json"));
    renameSync(join(folder, "our-cluster", "writer"), join(builder(), "writer"));
    // Nothing may be found by a path that only the trusted machine has.
    rmSync(folder, { recursive: true });
  });

  it("four replicas at four addresses become ready", async () => {
    const command = chapterCommand("node");
    for (const index of HOSTS.keys()) {
      run(command.replace("node-0", `node-${index}`), machine(index));
    }
    for (const address of addresses) await untilOk(`http://${address}/readyz`);
    for (const address of addresses) {
      const { hostname, port } = new URL(`http://${address}`);
      const elsewhere = `http://127.0.0.1:${port}/healthz`;
      expect(hostname).not.toBe("127.0.0.1");
      await expect(fetch(elsewhere)).rejects.toThrow();
    }
  });

  it("a gateway beside them publishes, and one without a key is served from the cluster", async () => {
    const command = chapterCommand("gateway");
    expect(command).toContain("--key writer/key.json");
    const port = (line: string, to: number): string => line.replace("7480", `${to}`);
    run(`${port(command, gatewayPort)} --cache first`, builder());
    const url = `http://127.0.0.1:${gatewayPort}`;
    await untilOk(`${url}/readyz`);
    const put = await fetch(`${url}/cache/default/key`, { method: "PUT", body: "value" });
    expect(put.headers.get("x-quorate-put")).toBe("stored");

    const withoutKey = port(command, 0).replace(" --key writer/key.json", "");
    run(`${withoutKey} --cache second --json`, builder());
    const reader = await shownUrl();
    await untilOk(`${reader}/readyz`);
    await untilOk(`${reader}/cache/default/key`);
    const got = await fetch(`${reader}/cache/default/key`);
    expect(got.headers.get("x-quorate-certainty")).toBe("certified");
    expect(await got.text()).toBe("value");
    const refused = await fetch(`${reader}/cache/default/other`, { method: "PUT", body: "x" });
    expect(refused.headers.get("x-quorate-put")).toBe("read-only");
    expect((await fetch(`${reader}/cache/default/other`)).status).toBe(404);
  });

  it("one address gone, the others serve on", async () => {
    await end(running[0]!.child);
    const url = `http://127.0.0.1:${gatewayPort}/cache/default/after`;
    await fetch(url, { method: "PUT", body: "later" });
    for (let round = 0; round < ROUND_COUNT_MAX; round++) {
      const got = await fetch(url);
      const certainty = got.headers.get("x-quorate-certainty");
      expect(await got.text()).toBe("later");
      if (certainty === "certified") return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`never certified: ${outputs()}`);
  });

  /** Where the gateway that was started last says that it listens. */
  async function shownUrl(): Promise<string> {
    for (let round = 0; round < ROUND_COUNT_MAX; round++) {
      const shown = /http:\/\/127\.0\.0\.1:\d+/.exec(running.at(-1)!.output)?.[0];
      if (shown !== undefined) return shown;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`no address shown: ${outputs()}`);
  }

  async function untilOk(url: string): Promise<void> {
    for (let round = 0; round < ROUND_COUNT_MAX; round++) {
      const answer = await fetch(url).catch(() => undefined);
      await answer?.arrayBuffer();
      if (answer?.ok === true) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`${url} never answered: ${outputs()}`);
  }
});

/** The chapter's line that starts with this command, without what a comment says behind it. */
function chapterCommand(name: string): string {
  const text = readFileSync(README, "utf8");
  const chapter = /^## Several machines$(.*?)^## /ms.exec(text)?.[1] ?? "";
  const found = new RegExp(`^npx quorate (${name} [^#\\n]*?) *(?:#.*)?$`, "m").exec(chapter)?.[1];
  if (found === undefined) throw new Error(`README's chapter shows no "npx quorate ${name}"`);
  return found;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
