import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readLauncherState } from "../cluster/launcher/launcher-state.ts";
import { isAlive } from "../cluster/launcher/process-identity.ts";
import { runJson, runQuorate } from "./run-quorate.ts";

interface GatewayJson {
  readonly exitCode: number | undefined;
  readonly url: string;
  readonly readOnly: boolean;
  readonly error?: { readonly code: string };
}

const parent = mkdtempSync(join(tmpdir(), "quorate-gateway-"));
const cache = (name: string): string => join(parent, name);
const detach = (name: string, ...more: string[]): Promise<GatewayJson> =>
  runJson<GatewayJson>(["gateway", "--cache", cache(name), "--port", "0", "--detach", ...more]);

beforeAll(async () => {
  await runQuorate(["init", "--dir", cache("cluster"), "--base-port", "0"]);
});
afterAll(async () => {
  for (const name of ["local", "readonly", "writing"]) {
    await runQuorate(["down", "--dir", cache(name)]);
  }
  rmSync(parent, { recursive: true, force: true });
});

describe("gateway --local --detach", () => {
  it("is a plain cache that keeps what it was given", async () => {
    const { url, exitCode } = await detach("local", "--local");
    expect(exitCode).toBe(0);
    const put = await fetch(`${url}/cache/default/key`, { method: "PUT", body: "value" });
    expect(put.ok).toBe(true);
    expect(await (await fetch(`${url}/cache/default/key`)).text()).toBe("value");
  });

  it("a second one on the same cache is refused", async () => {
    const second = await detach("local", "--local");
    expect(second).toMatchObject({ exitCode: 64, error: { code: "UP_ALREADY_RUNNING" } });
  });

  it("is started again when it dies, and ended by down", async () => {
    const gateway = (): { pid: number; restarts: number } | undefined =>
      readLauncherState(cache("local"))?.children[0];
    process.kill(gateway()?.pid ?? 0, "SIGKILL");
    while (gateway()?.restarts !== 1) await new Promise((resolve) => setTimeout(resolve, 50));
    const state = readLauncherState(cache("local"));
    await runQuorate(["down", "--dir", cache("local")]);
    expect(state && [state, ...state.children].some(isAlive)).toBe(false);
  });
});

describe("gateway of a cluster that is down", () => {
  const cluster = ["--cluster", join(cache("cluster"), "cluster.json")];

  it("serves all the same, read-only without a key, and misses quickly", async () => {
    const { url, readOnly, exitCode } = await detach("readonly", ...cluster);
    expect({ exitCode, readOnly }).toEqual({ exitCode: 0, readOnly: true });
    expect((await fetch(`${url}/cache/default/key`)).status).toBe(404);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
  });

  it("takes a writer's key", async () => {
    const key = join(cache("cluster"), "writer", "key.json");
    const { readOnly, exitCode } = await detach("writing", ...cluster, "--key", key);
    expect({ exitCode, readOnly }).toEqual({ exitCode: 0, readOnly: false });
  });

  it("leaves nothing running when its key is refused", async () => {
    const refused = await detach("refused", ...cluster, "--key", join(parent, "no-such-key"));
    expect(refused).toMatchObject({ exitCode: 66, error: { code: "KEY_FILE_MISSING" } });
    expect(existsSync(join(cache("refused"), "run", "launcher.json"))).toBe(false);
  });
});
