import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { generatedRecording } from "../../base/journal/testing/generated-tape.ts";
import { QUORATE, runJson } from "../run-quorate.ts";

let folder: string;
let recording: Buffer;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-view-"));
  const options = { memberCount: 4, clientCount: 2, instanceCount: 5, seed: 1 };
  recording = Buffer.concat([...generatedRecording(options)]);
  writeFileSync(join(folder, "run 1.qjournal"), recording);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("serves the page and the recording on loopback, and ends upon a signal", async () => {
  const file = join(folder, "run 1.qjournal");
  const child = spawn(process.execPath, [QUORATE, "view", file, "--port", "0", "--json"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const text = await new Promise<string>((resolve) => {
    child.stdout.setEncoding("utf8").once("data", resolve);
  });
  const { url } = JSON.parse(text) as { url: string };
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?file=recording\/run%201\.qjournal$/);
  expect(await (await fetch(url)).text()).toContain("<title>Quorate viewer</title>");
  const path = new URL(url).searchParams.get("file") as string;
  const served = await (await fetch(new URL(path, url))).arrayBuffer();
  expect(Buffer.from(served).equals(recording)).toBe(true);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

it("says what it cannot read", async () => {
  expect(await runJson(["view", join(folder, "none.qjournal"), "--port", "0"])).toMatchObject({
    error: { code: "FILE_UNREADABLE" },
  });
});

it("shows no cluster where there is none", async () => {
  const answer = await runJson<{ error?: { code: string } }>([
    "view",
    "--dir",
    folder,
    "--port",
    "0",
  ]);
  expect(answer.exitCode).not.toBe(0);
  expect(answer.error?.code).toBe("NOT_A_CLUSTER_FOLDER");
});
