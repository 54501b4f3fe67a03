import { equalBytes } from "../../base/bytes.ts";
import type { RowStore } from "../../consensus/map/row-store.ts";
import { SPACE } from "../../consensus/map/state-keys.ts";
import { ENTRY_WITHDRAWN, entryRowCodec } from "../../consensus/wire/rows.ts";
import type { BlobStore } from "./blob-store.ts";
import type { ValueFetcher } from "./value-fetcher.ts";

/** Rows looked at before the loop breathes: a few milliseconds. */
const SLICE_COUNT = 500;

export interface MissingValuesDependencies {
  readonly rows: RowStore;
  readonly blobs: BlobStore;
  readonly fetcher: ValueFetcher;
}

/**
 * Finds values that the state names and that are not here: after a transfer, which brings rows
 * alone, and after a start, when a crash or a repair may have cost some.
 */
export class MissingValues {
  readonly #dependencies: MissingValuesDependencies;
  #scanning = false;
  #again = false;
  #stopped = false;

  constructor(dependencies: MissingValuesDependencies) {
    this.#dependencies = dependencies;
  }

  /** Scans in slices; asked during a scan, it scans once more. */
  scan(): void {
    this.#again = true;
    if (this.#scanning || this.#stopped) return;
    this.#scanning = true;
    void this.#run().finally(() => {
      this.#scanning = false;
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    while (this.#scanning) await breathe();
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      let count = 0;
      for (const [key, row] of this.#dependencies.rows.entries()) {
        wantMissing(key, row, this.#dependencies);
        if (++count % SLICE_COUNT === 0) await breathe();
        if (this.#stopped) return;
      }
    }
  }
}

/** Wants what this row of the state names and is not here. */
export function wantMissing(
  key: Uint8Array,
  row: Uint8Array,
  {
    blobs,
    fetcher,
  }: {
    readonly blobs: Pick<BlobStore, "sizeOf">;
    readonly fetcher: Pick<ValueFetcher, "want">;
  },
): void {
  const entry = key[0] === SPACE.entry ? entryRowCodec.tryDecode(row) : undefined;
  if (entry === undefined) return;
  if (entry.state !== ENTRY_WITHDRAWN && blobs.sizeOf(entry.valueDigest) === undefined) {
    fetcher.want(entry.valueDigest, entry.size);
  }
  for (const { valueDigest, size } of entry.votes) {
    if (equalBytes(valueDigest, entry.valueDigest)) continue;
    if (blobs.sizeOf(valueDigest) === undefined) fetcher.want(valueDigest, size);
  }
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
