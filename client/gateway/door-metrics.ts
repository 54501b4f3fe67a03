import { Counter } from "prom-client";
import type { Registry } from "prom-client";
import { LATENCY_MS } from "./traffic.ts";
import type { DoorTraffic, Traffic } from "./traffic.ts";

/**
 * What went through each door. The latencies are a histogram in all but its type's name: the
 * library's own costs more for each request than a hit in memory does.
 */
export function addDoorMetrics(registry: Registry, traffic: Traffic): void {
  const add = (
    name: string,
    help: string,
    labelName: string | undefined,
    read: (door: DoorTraffic) => Iterable<readonly [label: string, value: number]>,
  ): void => {
    const counter = new Counter({
      name: `quorate_gateway_door_${name}`,
      help,
      labelNames: labelName === undefined ? ["door"] : ["door", labelName],
      registers: [registry],
      collect() {
        counter.reset();
        for (const [door, counts] of traffic.doors) {
          for (const [label, value] of read(counts)) {
            counter.inc(labelName === undefined ? { door } : { door, [labelName]: label }, value);
          }
        }
      },
    });
  };
  add("hits_total", "Hits", undefined, ({ hits }) => [["", hits]]);
  add("misses_total", "Misses by reason", "reason", ({ misses }) => misses);
  add("writes_total", "PUTs and DELETEs by outcome", "outcome", ({ writes }) => writes);
  add("bytes_total", "Bytes of values", "direction", ({ bytesIn, bytesOut }) => [
    ["in", bytesIn],
    ["out", bytesOut],
  ]);
  add("latency_seconds_bucket", "Answers not later than so many seconds", "le", cumulative);
  add("latency_seconds_sum", "Seconds of all answers", undefined, ({ latencyMsSum }) => [
    ["", latencyMsSum / 1000],
  ]);
  add("latency_seconds_count", "Answers", undefined, ({ latencies }) => [
    ["", latencies.reduce((left, right) => left + right, 0)],
  ]);
}

function* cumulative({ latencies }: DoorTraffic): Generator<readonly [string, number]> {
  let sum = 0;
  for (const [index, value] of latencies.entries()) {
    sum += value;
    const bound = LATENCY_MS[index];
    yield [bound === undefined ? "+Inf" : String(bound / 1000), sum];
  }
}
