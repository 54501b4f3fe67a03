import { expect, it } from "vitest";
import { GatewayEvents } from "./gateway-events.ts";
import { parseMetrics } from "./metrics-text.ts";
import { valuesOf } from "./node-poller.ts";

const METRICS = `# HELP quorate_gateway_hits_total Hits by level and certainty
# TYPE quorate_gateway_hits_total counter
quorate_gateway_hits_total{level="l1",certainty="certified"} 3
quorate_gateway_hits_total{level="cluster",certainty="certified"} 2
quorate_gateway_hits_total{level="cluster",certainty="stale"} 1
quorate_gateway_misses_total{reason="absent"} 4
quorate_gateway_puts_total{outcome="stored \\"so\\""} 7
quorate_gateway_door_hits_total{door="nix"} 6
quorate_gateway_memory_bytes 1.5e+07
quorate_nothing NaN
no line at all`;

it("reads a node's metrics, and leaves out what it cannot read", () => {
  expect(valuesOf(METRICS)).toEqual({
    hits: 6,
    misses: 4,
    puts: 7,
    memoryBytes: 15_000_000,
    ...{ "hits:l1": 3, "hits:cluster": 3, "misses:absent": 4, "door hits:nix": 6 },
  });
  expect(parseMetrics(METRICS)).toHaveLength(7);
});

it("carries no more values on than it must, whatever labels a node makes up", () => {
  const lines = Array.from(
    { length: 1000 },
    (_, index) => `quorate_gateway_misses_total{reason="r${index}"} 1`,
  );
  expect(Object.keys(valuesOf(lines.join("\n"))).length).toBeLessThanOrEqual(32);
});

it("makes events of what grew, one for what was asked and one for what was answered", () => {
  const events = new GatewayEvents(9);
  const sample = (atMs: number, text: string): Parameters<GatewayEvents["of"]>[0] => ({
    ...{ name: "gateway-0", atMs },
    values: valuesOf(text),
  });
  expect(events.of(sample(1000, METRICS))).toEqual([]);
  expect(events.of(sample(2000, METRICS))).toEqual([]);
  const grown = METRICS.replace('"absent"} 4', '"absent"} 6').replace('so\\""} 7', 'so\\""} 8');
  expect(events.of(sample(3000, grown))).toMatchObject([
    { kind: "request", id: { sequence: 1 }, detail: { what: "puts", count: 1 } },
    {
      kind: "answer",
      id: { sequence: 2 },
      detail: { hits: 0, misses: 2, what: "2 misses: absent" },
    },
  ]);
});
