import { statfs } from "node:fs/promises";
import { QuorateError } from "../quorate-error.ts";

/**
 * Writing is refused while there is still room: LMDB on a full disk answers with "Input/output
 * error" and stays in panic, so it must never be the first to find out (reliability §0.6).
 */
export class FreeSpace {
  readonly folder: string;
  readonly bytesMin: number;
  #bytes = Number.POSITIVE_INFINITY;

  constructor(folder: string, options: { readonly bytesMin: number }) {
    this.folder = folder;
    this.bytesMin = options.bytesMin;
  }

  /** As of the last {@link refresh}, less what was written since. */
  get bytes(): number {
    return this.#bytes;
  }

  get low(): boolean {
    return this.#bytes < this.bytesMin;
  }

  async refresh(): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    this.#bytes = bavail * bsize;
  }

  /** Counts down between two refreshes, so that a burst cannot run past the mark unseen. */
  spend(bytes: number): void {
    this.#bytes -= bytes;
  }

  /**
   * Asks the file system again before it refuses, so that writing resumes as soon as space is back.
   *
   * @throws QuorateError DISK_FULL
   */
  async demand(bytes: number): Promise<void> {
    if (this.#bytes - bytes >= this.bytesMin) return;
    await this.refresh();
    if (this.#bytes - bytes >= this.bytesMin) return;
    throw diskFull(this.folder, `${this.#bytes} bytes free, ${this.bytesMin} are kept in reserve`);
  }
}

export function diskFull(folder: string, why: string, cause?: unknown): QuorateError {
  return new QuorateError(
    "DISK_FULL",
    `no room to write in ${folder}: ${why}`,
    "free space on that file system; writing resumes by itself",
    { cause },
  );
}
