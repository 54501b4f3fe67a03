import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "../base/bytes.ts";
import { writeFileAtomically } from "../base/host/atomic-file.ts";
import type { PromiseRecord } from "../consensus/replica/output.ts";
import type { Logger } from "./log.ts";
import { openPromiseLog } from "./promises/promise-folder.ts";
import type { PromiseLog } from "./promises/promise-log.ts";

export interface HeldPromises {
  /** Undefined: amnesiac. */
  readonly log: PromiseLog | undefined;
  readonly records: readonly PromiseRecord[] | "missing";
}

/**
 * Amnesia is for ever, or until the replica is admitted anew: what found it out may be gone at the
 * next start (a wiped store, an old file put back), and then the rest would pass for everything.
 */
/** In the folder of promises, once some of them were found lost. */
export const AMNESIA_LATCH = "amnesiac.json";

/** @throws QuorateError FOLDER_IN_USE, DISK_FULL */
export function openPromises(folder: string, log: Logger): HeldPromises {
  if (existsSync(join(folder, AMNESIA_LATCH))) {
    log.error("amnesiac: promises were found lost before, this replica signs nothing");
    return { log: undefined, records: "missing" };
  }
  const opened = openPromiseLog(folder);
  if (opened.state === "ok") return { log: opened.log, records: opened.records };
  latchAmnesia(folder, opened.why, log);
  return { log: undefined, records: "missing" };
}

/** A disk that takes no more latches nothing; then the next start finds it out again, or latches. */
export function latchAmnesia(folder: string, why: string, log: Logger): void {
  log.error({ why }, "amnesiac: promises are lost, this replica signs nothing");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileAtomically(
      join(folder, AMNESIA_LATCH),
      utf8(`${JSON.stringify({ format: 1, why })}\n`),
    );
  } catch (error) {
    log.error({ err: error }, "amnesia could not be written down");
  }
}
