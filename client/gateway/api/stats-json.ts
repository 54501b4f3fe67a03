import type { Gateway } from "../gateway.ts";
import { LATENCY_MS } from "../traffic.ts";
import type { DoorTraffic } from "../traffic.ts";

export interface DoorStats {
  readonly hits: number;
  /** 0 to 1; null: nobody has asked. */
  readonly hitShare: number | null;
  readonly misses: Readonly<Record<string, number>>;
  readonly writes: Readonly<Record<string, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Upper bound of the bucket, in milliseconds; null: no answers, or later than the last bound. */
  readonly latencyMsP50: number | null;
  readonly latencyMsP99: number | null;
}

export interface Stats {
  readonly doors: Readonly<Record<string, DoorStats>>;
  /** Hits by level and certainty. */
  readonly hits: Readonly<Record<string, number>>;
  readonly misses: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly publications: Readonly<Record<string, number>>;
  readonly audits: Readonly<Record<string, number>> | null;
  readonly journal: { readonly depth: number; readonly bytes: number; readonly dropped: number };
}

/** What this gateway did since its start. */
export function statsJson(gateway: Gateway): Stats {
  const { counts, journal, traffic } = gateway;
  const doors = [...traffic.doors].map(([door, one]) => [door, doorStats(one)] as const);
  return {
    doors: Object.fromEntries(doors),
    hits: Object.fromEntries(counts.hits),
    misses: Object.fromEntries(counts.misses),
    refused: Object.fromEntries(counts.refusals),
    publications: Object.fromEntries(counts.publications),
    audits: gateway.audit === undefined ? null : { ...gateway.audit.counts },
    journal: { depth: journal.depth, bytes: journal.bytes, dropped: counts.journalDrops },
  };
}

function doorStats(door: DoorTraffic): DoorStats {
  const { hits, bytesIn, bytesOut } = door;
  const missed = [...door.misses.values()].reduce((left, right) => left + right, 0);
  return {
    hits,
    hitShare: hits + missed === 0 ? null : hits / (hits + missed),
    misses: Object.fromEntries(door.misses),
    writes: Object.fromEntries(door.writes),
    ...{ bytesIn, bytesOut },
    latencyMsP50: quantile(door.latencies, 0.5),
    latencyMsP99: quantile(door.latencies, 0.99),
  };
}

function quantile(latencies: readonly number[], share: number): number | null {
  const all = latencies.reduce((left, right) => left + right, 0);
  let sum = 0;
  for (const [index, count] of latencies.entries()) {
    sum += count;
    if (all > 0 && sum >= share * all) return LATENCY_MS[index] ?? null;
  }
  return null;
}
