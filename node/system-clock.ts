import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { readUint64, uint64Bytes } from "../base/bytes.ts";
import { writeFileAtomically } from "../base/host/atomic-file.ts";
import { diskFull } from "../base/host/free-space.ts";
import { QuorateError } from "../base/quorate-error.ts";
import type { Hlc } from "../base/types.ts";
import { HybridClock } from "./clock.ts";

/** Over the system's clock, or one that is kept better, and a file. */
export class SystemClock extends HybridClock {
  /** @throws QuorateError CLOCK_FILE when the file is there and cannot be read; DISK_FULL */
  constructor(file: string, nowMs: () => number = Date.now, isCertain: () => boolean = () => true) {
    super({
      nowMs,
      isCertain,
      waitMs: sleep,
      monotonicMs: () => performance.now(),
      readBound: () => readBound(file),
      keepBound: (bound) => keepBound(file, bound),
    });
  }
}

const SLEEPER = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps in place: a full counter lets nobody go on. */
function sleep(ms: number): void {
  Atomics.wait(SLEEPER, 0, 0, ms);
}

/** Without a bound on disk no value may be given out, so a failure ends the replica. */
function keepBound(file: string, bound: Hlc): void {
  try {
    writeFileAtomically(file, uint64Bytes(bound));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "ENOSPC" && code !== "EDQUOT") throw cause;
    throw diskFull(dirname(file), "the clock's bound could not be kept", cause);
  }
}

function readBound(file: string): Hlc {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return 0n as Hlc;
    throw clockFileError(file, cause);
  }
  if (bytes.length !== 8) throw clockFileError(file);
  return readUint64(bytes) as Hlc;
}

function clockFileError(file: string, cause?: unknown): QuorateError {
  return new QuorateError(
    "CLOCK_FILE",
    `the clock's bound cannot be read from ${file}`,
    "restore read access; if the file is damaged and the machine's time is right, remove it",
    { cause },
  );
}
