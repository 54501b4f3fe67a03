import { join } from "node:path";
import { LOG_BYTES_MAX, LOG_KEPT_COUNT_MAX, RotatingLog } from "./rotating-log.ts";

const LEVEL_INFO = 30;
const LEVEL_WARN = 40;

/** The launcher's own lines, in the format of the others. */
export class LauncherLog {
  readonly #log: RotatingLog;

  constructor(folder: string) {
    this.#log = new RotatingLog({
      path: join(folder, "logs", "launcher.log"),
      bytesMax: LOG_BYTES_MAX,
      keptCountMax: LOG_KEPT_COUNT_MAX,
    });
  }

  info(message: string, details: object = {}): void {
    this.#write(LEVEL_INFO, message, details);
  }

  warn(message: string, details: object = {}): void {
    this.#write(LEVEL_WARN, message, details);
  }

  close(): void {
    this.#log.close();
  }

  #write(level: number, msg: string, details: object): void {
    this.#log.append(
      JSON.stringify({ level, time: Date.now(), pid: process.pid, ...details, msg }),
    );
  }
}
