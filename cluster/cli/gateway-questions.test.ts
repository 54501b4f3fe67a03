import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runGateway } from "../../client/gateway/run-gateway.ts";
import type { RunningGateway } from "../../client/gateway/start-gateway.ts";
import { COMMAND_TABLE } from "./command-table.ts";
import type { Frame } from "./frame.ts";
import { buildProgram } from "./program.ts";
import { Terminal } from "./terminal.ts";

/** `quorate stats` and `quorate explain` against a gateway of this process. */
const folder = mkdtempSync(join(tmpdir(), "quorate-questions-"));
let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await runGateway({ folder });
  await fetch(`${gateway.url}/cache/team-a/greeting`, { method: "PUT", body: "hello" });
  await fetch(`${gateway.url}/cache/team-a/greeting`);
  await fetch(`${gateway.url}/cache/team-a/none`);
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

async function quorate(json: boolean, ...words: readonly string[]): Promise<[number, string]> {
  let text = "";
  const stdout = { write: (part: string): void => void (text += part) };
  const terminal = new Terminal({ json, environment: {}, stdout, stderr: stdout });
  const frame: Frame = { terminal, environment: {}, exitCode: -1 };
  const program = await buildProgram(frame, "0.0.0", words, COMMAND_TABLE);
  const more = ["--gateway", gateway.url, ...(json ? ["--json"] : [])];
  await program.parseAsync([...words, ...more], { from: "user" });
  return [frame.exitCode, text];
}

describe("quorate stats", () => {
  it("shows each door that was used", async () => {
    const [exitCode, text] = await quorate(false, "stats");
    expect(exitCode).toBe(0);
    expect(text).toContain("plain     1 hits (50.0 %)");
    expect(text).toContain("1 absent");
  });

  it("as JSON is what the gateway says", async () => {
    const [, text] = await quorate(true, "stats");
    expect(JSON.parse(text)).toMatchObject({ doors: { plain: { hits: 1, bytesIn: 5 } } });
  });
});

describe("quorate explain", () => {
  it("ends with 0 for a hit, and says where it is", async () => {
    const [exitCode, text] = await quorate(false, "explain", "team-a", "greeting");
    expect(exitCode).toBe(0);
    expect(text).toContain("hit: held here (l1), local");
  });

  it("ends with 4 for a miss", async () => {
    const [exitCode, text] = await quorate(true, "explain", "team-a", "none");
    expect(exitCode).toBe(4);
    expect(JSON.parse(text)).toMatchObject({ verdict: "miss", last: { reason: "absent" } });
  });

  it("says so where no gateway answers", async () => {
    const nowhere = ["explain", "team-a", "none", "--gateway", "http://127.0.0.1:1"];
    const stdout = { write: (): void => undefined };
    const terminal = new Terminal({ json: true, environment: {}, stdout, stderr: stdout });
    const frame: Frame = { terminal, environment: {}, exitCode: -1 };
    const program = await buildProgram(frame, "0.0.0", nowhere, COMMAND_TABLE);
    const run = program.parseAsync(nowhere, { from: "user" });
    await expect(run).rejects.toMatchObject({ code: "GATEWAY_UNREACHABLE" });
  });
});
