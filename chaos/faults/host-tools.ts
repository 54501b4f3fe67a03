import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";

/** What this machine lets a program do to itself. Nothing here changes anything that stays. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

export function lacksTool(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"];
  return folders.some((folder) => existsSync(`${folder}/${name}`)) ? undefined : `no ${name}`;
}

/** @throws Error with what the command said */
export function run(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Where a controller of cgroup v1 is mounted and may be used. */
export function cgroupFolder(controller: string): string | undefined {
  try {
    const line = readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .find((text) => {
        const [before = "", after = ""] = text.split(" - ");
        return after.startsWith("cgroup ") && before.split(" ")[4]?.endsWith(`/${controller}`);
      });
    const folder = line?.split(" ")[4];
    if (folder === undefined) return undefined;
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}

let mountable: string | undefined | null = null;

/** Why no file system can be mounted; tried once, in a namespace that ends with the try. */
export function lacksMounts(): string | undefined {
  if (mountable !== null) return mountable;
  if (!isRoot()) mountable = "kernel: mounting needs root";
  else {
    try {
      run("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt");
      mountable = undefined;
    } catch {
      mountable = "kernel: tmpfs cannot be mounted";
    }
  }
  return mountable;
}
