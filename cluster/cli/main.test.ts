import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** The real executable with wrong input: what it says, where, and with which exit code. */
const QUORATE = fileURLToPath(new URL("../../bin/quorate.js", import.meta.url));

interface Ran {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [QUORATE, ...args], { cwd: folder });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.once("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
    child.stdin.end();
  });
}

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-cli-"));
  await run("init", "--dir", "cluster", "--base-port", "0");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a cluster that is not there is 69, long before the timeout", () => {
  // The timeout is longer than the test may take.
  it.each<[string, string[]]>([
    ["get", ["get", "default", "key"]],
    ["stat", ["stat", "default", "key"]],
    ["ls", ["ls", "default"]],
    ["put", ["put", "default", "key", "-"]],
    ["delete", ["delete", "default", "key"]],
  ])("%s", async (_command, args) => {
    const ran = await run(...args, "--dir", "cluster", "--timeout", "3600");
    expect(ran.stderr).toMatch(/^error CLUSTER_UNREACHABLE: .*refuse connections/);
    expect(ran.exitCode).toBe(69);
    expect(ran.stdout).toBe("");
  });
});

describe("wrong usage is 64, on stderr, with a hint", () => {
  it.each<[string, string[], RegExp]>([
    ["an unknown command", ["pot"], /^error USAGE: unknown command 'pot' \(Did you mean put\?\)\n/],
    ["an unknown option", ["status", "--dri", "x"], /^error USAGE: unknown option '--dri'/],
    ["a missing argument", ["get", "default"], /missing required argument 'key'/],
    ["too many arguments", ["down", "now"], /too many arguments/],
    ["no namespace", ["get", "No", "k"], /A namespace is 3 to 64 of a-z, 0-9 and -/],
    ["a reserved namespace", ["get", "cache", "k"], /"cache" is reserved/],
    ["an empty key", ["get", "default", ""], /A key has 1 to 512 bytes, not 0/],
    ["a key too long", ["get", "default", "é".repeat(257)], /A key has 1 to 512 bytes, not 514/],
    ["a port that is none", ["up", "--gateway-port", "65536"], /A port is at most 65535/],
    ["a time that is none", ["put", "default", "k", "f", "--ttl", "1h"], /Not a whole number/],
    ["three replicas", ["init", "--dir", "x", "--replicas", "3"], /REPLICA_COUNT_INVALID/],
    ["an address that is none", ["init", "--dir", "x", "--hosts", "a,b,c,d"], /ADDRESS_INVALID/],
    ["a folder that is taken", ["init", "--dir", "cluster"], /INIT_FOLDER_EXISTS/],
    ["a gateway to nothing", ["gateway"], /OPTIONS_CONTRADICT: a gateway needs --cluster/],
    ["a local gateway with a cluster", ["gateway", "--local", "--cluster", "c"], /OPTIONS_CONTRAD/],
  ])("%s", async (_title, args, message) => {
    const { exitCode, stdout, stderr } = await run(...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 64, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/\nhint: .+\n$/);
  });

  it("no command at all shows the help", async () => {
    const { exitCode, stderr } = await run();
    expect(exitCode).toBe(64);
    expect(stderr).toContain("Usage: quorate");
  });
});

describe("unreadable input is 66", () => {
  it.each<[string, string[], string]>([
    ["a folder that is no cluster", ["status", "--dir", "nowhere"], "NOT_A_CLUSTER_FOLDER"],
    ["a missing value", ["put", "--dir", "cluster", "default", "k", "gone"], "FILE_UNREADABLE"],
    ["a folder for a value", ["put", "--dir", "cluster", "default", "k", "."], "FILE_UNREADABLE"],
    ["a node folder that is none", ["node", "--dir", "nowhere"], "NODE_FOLDER"],
    [
      "a missing receipt",
      ["receipt", "verify", "--cluster", "cluster/cluster.json", "--receipt", "gone"],
      "FILE_UNREADABLE",
    ],
    [
      "a public file that is none",
      ["receipt", "verify", "--cluster", "cluster/writer/key.json", "--receipt", "gone"],
      "GENESIS_INVALID",
    ],
    ["a missing public file", ["gateway", "--cluster", "gone"], "CLUSTER_FILE_UNREADABLE"],
  ])("%s", async (_title, args, code) => {
    const { exitCode, stdout } = await run(...args, "--json");
    expect(exitCode).toBe(66);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code, message: expect.any(String) as unknown, hint: expect.any(String) as unknown },
    });
  });

  it("a key that others can read is refused", async () => {
    const key = join(folder, "open.json");
    await run("key", "new", key);
    chmodSync(key, 0o644);
    const args = ["gateway", "--cluster", "cluster/cluster.json", "--key", key, "--cache", "c"];
    expect(await run(...args)).toMatchObject({
      exitCode: 66,
      stderr: expect.stringContaining("error KEY_FILE_MODE:") as unknown,
    });
  });
});

describe("a receipt that is none is refused, never a crash", () => {
  it.each([
    ["empty", ""],
    ["text", "this is no receipt"],
    ["longer than any", "x".repeat(2_000_000)],
  ])("%s", async (_title, text) => {
    writeFileSync(join(folder, "receipt"), text);
    const args = ["receipt", "verify", "--cluster", "cluster/cluster.json", "--receipt", "receipt"];
    expect(await run(...args)).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^refused RECEIPT_MALFORMED: /) as unknown,
    });
  });
});

describe("key new", () => {
  it("makes a key that only its owner reads, and never over another", async () => {
    const made = await run("key", "new", "alice.json", "--json");
    const { file, publicKey } = JSON.parse(made.stdout) as { file: string; publicKey: string };
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(publicKey).toMatch(/^[0-9a-f]{64}$/);
    const before = readFileSync(file, "utf8");
    expect(await run("key", "new", "alice.json")).toMatchObject({ exitCode: 64 });
    expect(readFileSync(file, "utf8")).toBe(before);
  });
});

describe("the executable", () => {
  it("answers --help and --version with 0", async () => {
    expect(await run("--version")).toMatchObject({ exitCode: 0, stdout: "0.1.0\n" });
    const help = await run("--help");
    expect(help.exitCode).toBe(0);
    expect(help.stdout).toContain("A remote cache that nobody can poison.");
  });

  it("says what to do when nothing is built", async () => {
    mkdirSync(join(folder, "clone/bin"), { recursive: true });
    const copy = join(folder, "clone/bin/quorate.mjs");
    copyFileSync(QUORATE, copy);
    const child = spawn(process.execPath, [copy, "status"]);
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const exitCode = await new Promise((resolve) => child.once("close", resolve));
    expect({ exitCode, stderr }).toEqual({
      exitCode: 70,
      stderr: "not built: run npm start, or npm run build to build alone\n",
    });
  });

  it("takes its folder from the environment too", async () => {
    const child = spawn(process.execPath, [QUORATE, "status"], {
      cwd: folder,
      env: { ...process.env, QUORATE_DIR: "elsewhere" },
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const exitCode = await new Promise((resolve) => child.once("close", resolve));
    expect(exitCode).toBe(66);
    expect(stderr).toContain("elsewhere holds no cluster.json");
  });
});
