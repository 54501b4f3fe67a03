import { execFileSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The least that holds an ext4 with a journal. */
const IMAGE_BYTES = 4 * 1024 * 1024;

/** What this machine lets a program do to itself. Nothing here changes anything that stays. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

const PACKAGE_OF: Readonly<Record<string, string>> = {
  "mkfs.ext4": "e2fsprogs",
  ip: "iproute2",
  nsenter: "util-linux",
  prlimit: "util-linux",
};

export function lacksTool(name: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/sbin"];
  return folders.some((folder) => existsSync(`${folder}/${name}`))
    ? undefined
    : `${name}: apt-get install ${PACKAGE_OF[name] ?? name}`;
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

const lacking = new Map<"tmpfs" | "ext4", string | undefined>();

/** Why no such file system can be mounted; tried once, in a namespace that ends with the try. */
export function lacksMounts(type: "tmpfs" | "ext4"): string | undefined {
  if (!lacking.has(type)) lacking.set(type, tryMount(type));
  return lacking.get(type);
}

function tryMount(type: "tmpfs" | "ext4"): string | undefined {
  if (!isRoot()) return "kernel: mounting needs root";
  const folder = mkdtempSync(join(tmpdir(), "quorate-mount-"));
  try {
    if (type === "tmpfs") run("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", folder);
    else {
      const image = `${folder}.img`;
      writeFileSync(image, new Uint8Array(IMAGE_BYTES));
      run("mkfs.ext4", "-q", "-F", image);
      run("unshare", "-m", "mount", "-o", "loop", image, folder);
    }
    return undefined;
  } catch {
    return `kernel: ${type} cannot be mounted`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(`${folder}.img`, { force: true });
  }
}
