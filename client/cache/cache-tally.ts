import type { CacheCounts } from "./cache-tier.ts";

/** The running counts of one tier. */
export class CacheTally {
  entries = 0;
  values = 0;
  bytes = 0;
  hits = 0;
  misses = 0;
  evictions = 0;
  corrupt = 0;
  shed = 0;
  wiped = 0;

  add(kind: "entry" | "value", charge: number): void {
    if (kind === "entry") this.entries++;
    else this.values++;
    this.bytes += charge;
  }

  remove(kind: "entry" | "value", charge: number): void {
    if (kind === "entry") this.entries--;
    else this.values--;
    this.bytes -= charge;
  }

  counts(): CacheCounts {
    const { entries, values, bytes, hits, misses, evictions, corrupt, shed, wiped } = this;
    return { entries, values, bytes, hits, misses, evictions, corrupt, shed, wiped };
  }
}
