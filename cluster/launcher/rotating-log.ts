import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export interface RotatingLogOptions {
  readonly path: string;
  /** The file is set aside before it would pass this. */
  readonly bytesMax: number;
  /** How many are kept aside: path.1 is the youngest. */
  readonly keptCountMax: number;
}

/** A day of info-level logs of a busy replica fits in one; four of them bound a child's logs. */
export const LOG_BYTES_MAX: number = 8 * 1024 * 1024;
export const LOG_KEPT_COUNT_MAX = 3;
/** Longer lines are cut: a stack with its context fits in far less. */
export const LOG_LINE_BYTES_MAX: number = 64 * 1024;

/**
 * An append-only file of lines that never grows past its bound. Logging never fails its caller: on
 * a full disk lines are lost and counted.
 */
export class RotatingLog {
  lostCount = 0;
  readonly #options: RotatingLogOptions;
  #descriptor: number | undefined;
  #size = 0;

  constructor(options: RotatingLogOptions) {
    this.#options = options;
  }

  /** `line` without its newline. */
  append(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    try {
      if (this.#size + bytes.length > this.#options.bytesMax) this.#rotate();
      const descriptor = this.#descriptor ?? this.#open();
      this.#size += writeSync(descriptor, bytes);
    } catch {
      this.lostCount++;
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#size = 0;
  }

  #open(): number {
    mkdirSync(dirname(this.#options.path), { recursive: true });
    const descriptor = openSync(this.#options.path, "a", 0o640);
    this.#descriptor = descriptor;
    this.#size = fstatSync(descriptor).size;
    if (this.#size >= this.#options.bytesMax) {
      this.#rotate();
      return this.#open();
    }
    return descriptor;
  }

  #rotate(): void {
    this.close();
    const { path, keptCountMax } = this.#options;
    rmSync(`${path}.${keptCountMax}`, { force: true });
    for (let index = keptCountMax - 1; index >= 0; index--) {
      const from = index === 0 ? path : `${path}.${index}`;
      try {
        renameSync(from, `${path}.${index + 1}`);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
    }
  }
}
