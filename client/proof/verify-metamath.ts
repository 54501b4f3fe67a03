import { open } from "node:fs/promises";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Exhausted } from "../../proof/frame/check-result.ts";
import { DATABASE_BUDGET } from "../../proof/metamath/metamath-1.ts";
import type { MetamathReport, MetamathTask } from "./metamath-report.ts";
import { runWorker } from "./run-worker.ts";
import type { WorkerOptions } from "./run-worker.ts";

/**
 * Checks every proof of a Metamath database on a thread of its own; with a label, the key of that
 * statement comes along.
 * @throws QuorateError FILE_UNREADABLE
 */
export async function verifyMetamath(
  file: string,
  label: string | undefined,
  options: WorkerOptions = {},
): Promise<MetamathReport | Exhausted> {
  const source = await readDatabaseFile(file);
  if (source === undefined) {
    const { bytesMax } = DATABASE_BUDGET;
    return { status: "resource", reason: "bytes", offset: bytesMax, detail: `${bytesMax} at most` };
  }
  const task: MetamathTask = { source, label };
  return runWorker<MetamathReport>(workerFile(), task, [source.buffer], options);
}

function workerFile(): URL {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return new URL(`./metamath-worker${extension}`, import.meta.url);
}

/**
 * Undefined: more than the checker takes, found out before it is read.
 * @throws QuorateError FILE_UNREADABLE
 */
export async function readDatabaseFile(file: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const handle = await open(file, "r");
    try {
      const { size } = await handle.stat();
      if (size > DATABASE_BUDGET.bytesMax) return undefined;
      const bytes = new Uint8Array(new ArrayBuffer(size));
      const { bytesRead } = await handle.read(bytes, 0, size, 0);
      return bytesRead === size ? bytes : bytes.slice(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new QuorateError(
      "FILE_UNREADABLE",
      `${file} could not be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
      "check the name and your right to read it",
      { cause },
    );
  }
}
