import { stat } from "node:fs/promises";
import type { Terminal } from "./terminal.ts";

const MEGABYTE = 1_000_000;
const BAR_LENGTH = 30;

/** A line that is redrawn, for who watches. */
export async function metamathProgress(
  terminal: Terminal,
  file: string,
): Promise<(bytesRead: number) => void> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  return (bytesRead) => {
    const share = size === 0 ? 0 : Math.min(1, bytesRead / size);
    const done = Math.round(share * BAR_LENGTH);
    const bar = "█".repeat(done) + "░".repeat(BAR_LENGTH - done);
    const [read, all] = [bytesRead, size].map((bytes) => Math.round(bytes / MEGABYTE));
    terminal.showLive(`checking ${bar} ${Math.floor(100 * share)} % (${read} of ${all} MB)`);
  };
}
