import { closeSync, cpSync, ftruncateSync, openSync } from "node:fs";
import { join } from "node:path";
import { run } from "./host-tools.ts";
import type { Stage } from "./fault.ts";

/** Above what the store keeps free for itself, so that a fresh replica has room. */
const DISK_MIB = 400;

/**
 * A replica's folder on a file system of its own, mounted before it starts. The mount lies below the
 * run's scratch folder, where cleaning up finds it.
 */
export function mountFolder(stage: Stage, index: number, type: "tmpfs" | "ext4"): void {
  const folder = stage.cluster.folder.nodeFolder(index);
  const plain = `${folder}.plain`;
  cpSync(folder, plain, { recursive: true });
  if (type === "tmpfs") {
    run("mount", "-t", "tmpfs", "-o", `size=${DISK_MIB}m,mode=0700`, "tmpfs", folder);
  } else {
    const image = imageOf(stage, index);
    const handle = openSync(image, "w", 0o600);
    ftruncateSync(handle, DISK_MIB * 1024 * 1024);
    closeSync(handle);
    run("mkfs.ext4", "-q", "-F", "-m", "0", image);
    mountImage(stage, index);
  }
  cpSync(plain, folder, { recursive: true });
  if (type === "ext4") run("sync", "-f", folder);
}

export function mountImage(stage: Stage, index: number): void {
  run("mount", "-o", "loop", imageOf(stage, index), stage.cluster.folder.nodeFolder(index));
}

function imageOf({ ledger }: Stage, index: number): string {
  return join(ledger.folder, `disk-${index}.img`);
}
