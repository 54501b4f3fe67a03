import { appendFile, mkdir, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Lines that wait for the disk; beyond it the newest are dropped and counted. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;

/**
 * A text file that grows by lines, and is moved aside to `.1` when it is full: two files of at most
 * `bytesMax` each, less one batch. A disk that is full or broken costs lines, never a request.
 */
export class LineLog {
  /** Lines that could not be kept. */
  dropped = 0;
  readonly #path: string;
  readonly #bytesMax: number;
  #waiting: string[] = [];
  #waitingSize = 0;
  #writing: Promise<void> | undefined;

  constructor(path: string, bytesMax: number) {
    this.#path = path;
    this.#bytesMax = bytesMax;
  }

  add(line: string): void {
    if (this.#waitingSize + line.length > WAITING_BYTES_MAX) {
      this.dropped++;
      return;
    }
    this.#waiting.push(line);
    this.#waitingSize += line.length + 1;
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
  }

  /** What was added before is in the file, or dropped. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      // A turn later, so that lines of one burst go together.
      await new Promise((resolve) => setImmediate(resolve));
      const lines = this.#waiting;
      this.#waiting = [];
      this.#waitingSize = 0;
      try {
        await this.#turnOver();
        await appendFile(this.#path, `${lines.join("\n")}\n`, { mode: 0o600 });
      } catch {
        this.dropped += lines.length;
      }
    }
  }

  async #turnOver(): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    const size = await stat(this.#path).then(
      (found) => found.size,
      () => 0,
    );
    if (size >= this.#bytesMax) await rename(this.#path, `${this.#path}.1`);
  }
}
