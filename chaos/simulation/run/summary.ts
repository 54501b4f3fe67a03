import type { Outcome } from "../run-seed.ts";

/** Marks that every good run of many seeds comes to; one that is never hit is a blind spot. */
export const MARKS: readonly string[] = [
  "batch: one or none",
  "batch: several write sets",
  "client: a lie refused, below-floor",
  "client: a lie refused, forged-certificate",
  "client: a lie refused, forged-execution",
  "client: a lie refused, forged-proof",
  "client: a lie refused, wrong-row",
  "evidence: somebody was accused",
  "nemesis: rot-row",
  "nemesis: rot-store",
  "nemesis: wipe-store",
  "network: duplicated",
  "network: replayed",
  "new view: a null request fills a gap",
  "new view: something is proposed again",
  "new view: two of one view",
  "replica: a damaged or lying one stopped",
  "replica: amnesiac",
  "replica: stopped by a full disk",
  "replica: stopped by a rotten row",
  "store: a damaged row was noticed",
  "store: a flush met a full disk",
  "store: compared byte for byte",
  "store: rows do not lead to their root",
  "transfer: done",
  "value: a wrong one refused",
  "value: fetched from a peer",
  "view: entered",
];

/** In fewer seeds much is missed by chance. */
const BLIND_COUNT_MIN = 200;

export interface Failure {
  readonly seed: number;
  readonly checker: string;
  readonly what: string;
}

/** What many runs came to. */
export class Summary {
  seedCount = 0;
  virtualMs = 0;
  tookMs = 0;
  eventCount = 0;
  committedCount = 0;
  realCryptoCount = 0;
  readonly failures: Failure[] = [];
  /** By name: how often, and in how many seeds. */
  readonly faults = new Map<string, { count: number; seeds: number }>();
  readonly marks = new Map<string, { count: number; seeds: number }>();

  constructor() {
    for (const mark of MARKS) this.marks.set(mark, { count: 0, seeds: 0 });
  }

  add(outcome: Outcome): void {
    this.seedCount++;
    this.virtualMs += outcome.virtualMs;
    this.tookMs += outcome.tookMs;
    this.eventCount += outcome.eventCount;
    this.committedCount += outcome.committedCount;
    if (outcome.realCrypto) this.realCryptoCount++;
    tally(this.faults, outcome.faults);
    tally(this.marks, outcome.marks);
    const { seed, violation } = outcome;
    if (violation !== undefined) this.failures.push({ seed, ...violation });
  }

  /** Marks hit in fewer than one of a thousand seeds. */
  blindSpots(): readonly string[] {
    if (this.seedCount < BLIND_COUNT_MIN) return [];
    return [...this.marks].flatMap(([mark, { seeds }]) =>
      seeds === 0 || seeds < this.seedCount / 1000 ? [mark] : [],
    );
  }

  #shares(): string {
    const share = (seeds: number): string => ((100 * seeds) / (this.seedCount || 1)).toFixed(1);
    return sorted(this.marks)
      .map(([name, { seeds }]) => `${name} ${share(seeds)}`)
      .join(", ");
  }

  toJson(): object {
    return {
      seeds: this.seedCount,
      violations: this.failures,
      virtualSeconds: Math.round(this.virtualMs / 1000),
      timesRealTimePerJob: this.tookMs === 0 ? 0 : Math.round(this.virtualMs / this.tookMs),
      events: this.eventCount,
      committed: this.committedCount,
      realCryptoSeeds: this.realCryptoCount,
      faults: Object.fromEntries(sorted(this.faults)),
      marks: Object.fromEntries(sorted(this.marks)),
      blindSpots: this.blindSpots(),
    };
  }

  lines(): readonly string[] {
    const { seedCount, failures } = this;
    const hours = (this.virtualMs / 3_600_000).toFixed(1);
    const speed = this.tookMs === 0 ? 0 : Math.round(this.virtualMs / this.tookMs);
    return [
      `${seedCount} seeds, ${failures.length} violations; ${hours} virtual hours, ` +
        `${this.eventCount} events, ${this.committedCount} committed write sets, ` +
        `${speed} times real time on each job`,
      `faults: ${listed(this.faults)}`,
      `marks, in % of seeds: ${this.#shares()}`,
      ...(this.blindSpots().length > 0
        ? [`blind spots, below 0.1 %: ${this.blindSpots().join(", ")}`]
        : []),
      ...failures.map(
        ({ seed, checker, what }) => `seed ${seed}: ${checker}: ${what.split("\n")[0] ?? ""}`,
      ),
    ];
  }
}

function tally(
  into: Map<string, { count: number; seeds: number }>,
  from: Readonly<Record<string, number>>,
): void {
  for (const [name, count] of Object.entries(from)) {
    const held = into.get(name);
    if (held === undefined) into.set(name, { count, seeds: 1 });
    else {
      held.count += count;
      held.seeds++;
    }
  }
}

function sorted<T>(counts: ReadonlyMap<string, T>): [string, T][] {
  return [...counts].sort(([left], [right]) => (left < right ? -1 : 1));
}

function listed(counts: ReadonlyMap<string, { readonly count: number }>): string {
  return sorted(counts)
    .map(([name, { count }]) => `${name} ${count}`)
    .join(", ");
}
