import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { named } from "./fault.ts";
import type { Fault, Stage } from "./fault.ts";
import { lacksMounts } from "./host-tools.ts";
import { mountFolder } from "./mounted-folder.ts";

const MIB = 1024 * 1024;
const ALARM_MS_MAX = 60_000;

/**
 * Somebody else fills the disk of these replicas but for so many MiB: below what the store wants
 * free it takes no more and says so; at 0 not even a promise can be kept, and the process ends.
 */
export function diskFullFault(of: readonly number[], leftMib: number): Fault {
  const figures: Record<string, number> = {};
  return {
    kind: "disk-full",
    figures,
    available: () => lacksMounts("tmpfs"),
    prepare(stage) {
      for (const index of of) mountFolder(stage, index, "tmpfs");
      return Promise.resolve();
    },
    async inject(stage) {
      const beganMs = performance.now();
      for (const index of of) fill(stage, index, leftMib);
      if (leftMib === 0) return;
      const isTold = ({ notReady }: { readonly notReady: readonly string[] }): boolean =>
        notReady.some((why) => why.includes("disk is full"));
      for (const index of of) {
        await stage.cluster.until(index, "its disk is full", isTold, ALARM_MS_MAX);
      }
      figures["alarmMs"] = Math.round(performance.now() - beganMs);
    },
    async heal({ cluster }) {
      const beganMs = performance.now();
      for (const index of of) rmSync(ballastOf(cluster.folder.nodeFolder(index)), { force: true });
      for (const index of of) if (cluster.pid(index) === undefined) cluster.launch(index);
      for (const index of of) await cluster.ready(index);
      figures["resumedMs"] ??= Math.round(performance.now() - beganMs);
    },
    describe: () => `${leftMib} MiB left on the tmpfs of ${named(of)}`,
  };
}

function fill({ cluster }: Stage, index: number, leftMib: number): void {
  const folder = cluster.folder.nodeFolder(index);
  const { bavail, bsize } = statfsSync(folder);
  const size = bavail * bsize - leftMib * MIB;
  if (size <= 0) return;
  try {
    writeFileSync(ballastOf(folder), new Uint8Array(size));
  } catch (error) {
    // The replica took some of it meanwhile: then it is as full as can be.
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

function ballastOf(folder: string): string {
  return join(folder, "ballast");
}
