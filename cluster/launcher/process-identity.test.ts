import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { identityOf, isAlive, signalProcess } from "./process-identity.ts";

const sleeper = (): ReturnType<typeof spawn> =>
  spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });

describe("a process is known by its number and its start", () => {
  it("knows a running process", () => {
    const identity = identityOf(process.pid);
    expect(identity?.pid).toBe(process.pid);
    expect(identity && isAlive(identity)).toBe(true);
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 31 - 1])("knows nobody under %s", (pid) => {
    expect(identityOf(pid)).toBeUndefined();
  });

  it("signals the process and sees it gone", async () => {
    const child = sleeper();
    await once(child, "spawn");
    const identity = identityOf(child.pid ?? 0);
    if (identity === undefined) throw new Error("the child has no identity");
    expect(signalProcess(identity, "SIGKILL")).toBe(true);
    await once(child, "exit");
    expect(isAlive(identity)).toBe(false);
    expect(signalProcess(identity, "SIGKILL")).toBe(false);
  });

  it("does not touch a stranger that has the number now", async () => {
    const child = sleeper();
    await once(child, "spawn");
    const stranger = { pid: child.pid ?? 0, startTime: "another boot/1" };
    expect(signalProcess(stranger, "SIGKILL")).toBe(false);
    expect(child.exitCode).toBeNull();
    child.kill("SIGKILL");
    await once(child, "exit");
  });
});
