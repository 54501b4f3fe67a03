import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePorts } from "./claim-ports.ts";
import { readLauncherState } from "./launcher-state.ts";
import type { ChildState } from "./launcher-state.ts";
import { identityOf, isAlive } from "./process-identity.ts";
import { runLauncher } from "./run-launcher.ts";
import type { LaunchPlan } from "./run-launcher.ts";
import type { ChildEnd } from "./supervised-child.ts";

const script = fileURLToPath(new URL("testing/child.mjs", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-launcher-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One launcher in this process, with children that are real ones. */
class Run {
  readonly ends: ChildEnd[] = [];
  readonly result: Promise<unknown>;
  readonly served: Promise<ReadonlyMap<string, string>>;
  readonly #stop = new AbortController();

  constructor(plan: LaunchPlan) {
    let serve: (missing: ReadonlyMap<string, string>) => void = () => undefined;
    this.served = new Promise((resolve) => {
      serve = resolve;
    });
    this.result = runLauncher(
      plan,
      { onWaiting: () => undefined, onServing: serve, onEnd: (end) => this.ends.push(end) },
      { stop: this.#stop.signal, kill: new AbortController().signal },
    ).catch((error: unknown) => error);
  }

  async stop(): Promise<unknown> {
    this.#stop.abort();
    return this.result;
  }
}

async function plan(
  manners: readonly (readonly string[])[],
  mayMissCount = 0,
): Promise<LaunchPlan> {
  const ports = await freePorts("127.0.0.1", manners.length);
  const children = manners.map((words, index) => ({
    name: `node-${index}`,
    args: [String(ports[index]), ...words],
    readyUrl: `http://127.0.0.1:${ports[index]}/readyz`,
  }));
  const claims = ports.map((port, index) => ({
    owner: `replica ${index}`,
    host: "127.0.0.1",
    port,
    option: "--base-port",
  }));
  const servesWithout = (missing: ReadonlySet<string>): boolean => missing.size <= mayMissCount;
  return { folder, script, children, ports: claims, servesWithout };
}

const childrenNow = (): readonly ChildState[] => readLauncherState(folder)?.children ?? [];

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("a launcher", () => {
  it("serves, says who its children are, and leaves nothing behind", async () => {
    const run = new Run(await plan([[], []]));
    expect([...(await run.served).keys()]).toEqual([]);
    const state = readLauncherState(folder);
    expect(state).toMatchObject({ ...identityOf(process.pid), phase: "serving" });
    expect(state?.children.map((child) => child.name)).toEqual(["node-0", "node-1"]);
    expect(state?.children.every(isAlive)).toBe(true);
    expect(await run.stop()).toBeUndefined();
    expect(state?.children.some(isAlive)).toBe(false);
    expect(readLauncherState(folder)).toBeUndefined();
    expect(readFileSync(join(folder, "logs/node-0.log"), "utf8")).toContain('"msg":"up"');
  });

  it("starts again what dies", async () => {
    const run = new Run(await plan([[], []]));
    await run.served;
    const victim = childrenNow()[1];
    process.kill(victim?.pid ?? 0, "SIGKILL");
    await until(() => childrenNow().some((child) => child.restarts === 1));
    const next = childrenNow().find((child) => child.name === "node-1");
    expect(next?.pid).not.toBe(victim?.pid);
    expect(run.ends).toMatchObject([{ name: "node-1", cause: "SIGKILL" }]);
    await run.stop();
  });

  it("kills a child that ignores SIGTERM", async () => {
    const run = new Run(await plan([["deaf"]]));
    await run.served;
    const [deaf] = childrenNow();
    await run.stop();
    expect(deaf && isAlive(deaf)).toBe(false);
  });

  it("serves without one that is not ready, and names it with its reason", async () => {
    const run = new Run(await plan([[], ["never-ready"]], 1));
    expect([...(await run.served)]).toEqual([["node-1", "no quorum"]]);
    await run.stop();
  });

  it("gives up early when what it needs keeps dying, in that child's own words", async () => {
    const run = new Run(await plan([[], ["dies"]]));
    expect(await run.result).toMatchObject({
      code: "CLUSTER_NOT_READY",
      message: expect.stringContaining("node-1: error BROKEN: it cannot start") as unknown,
    });
    expect(readLauncherState(folder)).toBeUndefined();
  });

  it("can be stopped before it serves", async () => {
    const run = new Run(await plan([["never-ready"]]));
    await until(() => childrenNow().length === 1);
    const children = childrenNow();
    expect(await run.stop()).toBeUndefined();
    expect(children.some(isAlive)).toBe(false);
  });

  it("refuses a folder that another one runs, and names that one", async () => {
    const run = new Run(await plan([[]]));
    await run.served;
    const second = new Run(await plan([[]]));
    expect(await second.result).toMatchObject({
      code: "UP_ALREADY_RUNNING",
      message: expect.stringContaining(String(process.pid)) as unknown,
    });
    expect(childrenNow()).toHaveLength(1);
    await run.stop();
  });

  it("refuses a port that is taken before anything is started", async () => {
    const made = await plan([[], []]);
    const taken = made.ports[1]?.port ?? 0;
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(taken, "127.0.0.1", resolve));
    expect(await new Run(made).result).toMatchObject({
      code: "PORT_IN_USE",
      message: expect.stringContaining(`port ${taken} for replica 1`) as unknown,
    });
    expect(readLauncherState(folder)).toBeUndefined();
    await new Promise((resolve) => squatter.close(resolve));
  });
});
