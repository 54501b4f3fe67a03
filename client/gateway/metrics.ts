import { Counter, Gauge, Registry } from "prom-client";
import type { CacheCounts } from "../cache/cache-tier.ts";
import { addDoorMetrics } from "./door-metrics.ts";
import type { Gateway } from "./gateway.ts";

/** The gateway's numbers in Prometheus' terms, read from plain counters when somebody scrapes. */
export function gatewayRegistry(
  gateway: Gateway,
  tiers: () => { readonly memory: CacheCounts; readonly disk: CacheCounts },
): Registry {
  const registry = new Registry();
  const { counts } = gateway;
  const add = counterFactory(registry);
  add(
    "quorate_gateway_hits_total",
    "Hits by level and certainty",
    ["level", "certainty"],
    counts.hits,
  );
  add("quorate_gateway_misses_total", "Misses by reason", ["reason"], counts.misses);
  add("quorate_gateway_puts_total", "PUTs by outcome", ["outcome"], counts.puts);
  add("quorate_gateway_deletes_total", "DELETEs by outcome", ["outcome"], counts.deletes);
  add(
    "quorate_gateway_publications_total",
    "Publications by how they ended",
    ["outcome"],
    counts.publications,
  );
  add(
    "quorate_gateway_cut_offs_total",
    "Bodies and sockets cut off, by reason",
    ["reason"],
    counts.cutOffs,
  );
  add("quorate_gateway_refused_total", "Answers not believed, by reason", ["reason"], () =>
    refusals(gateway),
  );
  add(
    "quorate_gateway_audits_total",
    "Hits that tools were to make again, by what came of it",
    ["outcome"],
    () => new Map(Object.entries(gateway.audit?.counts ?? {})),
  );
  addDoorMetrics(registry, gateway.traffic);
  addSingles(registry, gateway);
  addTiers(registry, tiers);
  return registry;
}

type Source = ReadonlyMap<string, number> | (() => ReadonlyMap<string, number>);

function counterFactory(
  registry: Registry,
): (name: string, help: string, labelNames: string[], source: Source) => void {
  return (name, help, labelNames, source) => {
    const counter = new Counter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        counter.reset();
        for (const [key, value] of typeof source === "function" ? source() : source) {
          const parts = key.split(" ");
          const labels = labelNames.map((label, index) => [label, parts[index] ?? ""] as const);
          counter.inc(Object.fromEntries(labels), value);
        }
      },
    });
  };
}

/** What the gateway refused, and what the client library did before: forged, wrong bytes, stale. */
function refusals(gateway: Gateway): ReadonlyMap<string, number> {
  const all = new Map(gateway.counts.refusals);
  for (const { lies } of gateway.client?.status().replicas ?? []) {
    for (const [reason, count] of lies) all.set(reason, (all.get(reason) ?? 0) + count);
  }
  return all;
}

function addSingles(registry: Registry, gateway: Gateway): void {
  const { counts, journal } = gateway;
  const gauge = (name: string, help: string, read: () => number): void => {
    const metric: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect(): void {
        metric.set(read());
      },
    });
  };
  gauge("quorate_gateway_cpu_seconds", "Processor time of this process", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge("quorate_gateway_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
  gauge("quorate_gateway_disk_written_bytes", "What this process had the disk write", () => {
    // The system counts in sectors.
    return process.resourceUsage().fsWrite * 512;
  });
  gauge("quorate_gateway_journal_depth", "Publications that wait", () => journal.depth);
  gauge("quorate_gateway_journal_bytes", "Bytes that wait", () => journal.bytes);
  gauge("quorate_gateway_journal_dropped", "Publications that a full journal did not take", () => {
    return counts.journalDrops;
  });
  gauge("quorate_gateway_journal_corrupt", "Records skipped at start", () => journal.corrupt);
  gauge("quorate_gateway_evidence", "Differing answers for immutable keys", () => counts.evidence);
  gauge("quorate_gateway_revocation_log_age_ms", "Age of the followed revocation log", () => {
    return gateway.logAgeMs();
  });
  gauge("quorate_gateway_cluster_reachable", "1 while a replica is connected", () =>
    gateway.isReachable() ? 1 : 0,
  );
}

function addTiers(
  registry: Registry,
  tiers: () => { readonly memory: CacheCounts; readonly disk: CacheCounts },
): void {
  const gauge = new Gauge({
    name: "quorate_gateway_cache",
    help: "The local cache's own counts, by tier",
    labelNames: ["tier", "what"],
    registers: [registry],
    collect() {
      for (const [tier, counts] of Object.entries(tiers())) {
        for (const [what, value] of Object.entries(counts))
          gauge.set({ tier, what }, Number(value));
      }
    },
  });
}
