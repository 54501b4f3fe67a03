import type { CacheCounts } from "./cache-tier.ts";

/** What a row takes of the limit, and what it would if nothing were packed or shared. */
export interface Charges {
  readonly charge: number;
  readonly plainCharge: number;
}

/** All undefined: of a store that has none. */
export interface KeptCounts {
  readonly entries?: number | undefined;
  readonly values?: number | undefined;
  readonly bytes?: number | undefined;
  readonly plainBytes?: number | undefined;
  readonly chunks?: number | undefined;
  readonly sharedBytes?: number | undefined;
}

/** The running counts of one tier. */
export class CacheTally {
  entries = 0;
  values = 0;
  bytes = 0;
  plainBytes = 0;
  chunks = 0;
  sharedBytes = 0;
  hits = 0;
  misses = 0;
  evictions = 0;
  corrupt = 0;
  shed = 0;
  wiped = 0;

  add(kind: "entry" | "value", { charge, plainCharge }: Charges): void {
    if (kind === "entry") this.entries++;
    else this.values++;
    this.bytes += charge;
    this.plainBytes += plainCharge;
  }

  remove(kind: "entry" | "value", { charge, plainCharge }: Charges): void {
    if (kind === "entry") this.entries--;
    else this.values--;
    this.bytes -= charge;
    this.plainBytes -= plainCharge;
  }

  counts(): CacheCounts {
    const { entries, values, bytes, hits, misses, evictions, corrupt, shed, wiped } = this;
    const { plainBytes, chunks, sharedBytes } = this;
    return {
      ...{ entries, values, bytes, plainBytes, chunks, sharedBytes },
      ...{ hits, misses, evictions, corrupt, shed, wiped },
    };
  }

  /** What is kept over a restart, as it was before. */
  restore(counts: KeptCounts): void {
    const { entries = 0, values = 0, bytes = 0 } = counts;
    const { plainBytes = bytes, chunks = 0, sharedBytes = 0 } = counts;
    Object.assign(this, { entries, values, bytes, plainBytes, chunks, sharedBytes });
  }
}
