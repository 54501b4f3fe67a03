import type { Figure, Series } from "./figures.ts";
import type { Window } from "./selection.ts";

/** What one node said of itself at one moment; counters grow. */
export interface NodeSample {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly values: Readonly<Record<string, number>>;
}

/** A quarter of an hour, a sample a second. */
const SAMPLES_MAX = 900;
/** A name more would be no node any more. */
const NODES_MAX = 64;
/** Of two samples further apart than this nobody knows what lay between. */
const GAP_MS_MAX = 5000;

interface Chart {
  readonly name: string;
  readonly unit: string;
  readonly value: string;
  /** A rate a second of a counter, or the value itself; times this. */
  readonly factor: number;
  readonly isRate: boolean;
}

const CHARTS: readonly Chart[] = [
  { name: "Processor", unit: "% of a core", value: "cpuSeconds", factor: 100, isRate: true },
  { name: "Memory", unit: "MB", value: "memoryBytes", factor: 1e-6, isRate: false },
  { name: "Network", unit: "frames/s", value: "frames", factor: 1, isRate: true },
  { name: "Disk written", unit: "kB/s", value: "diskBytes", factor: 1e-3, isRate: true },
];

/** Counters of gateways that are split by a label, "hits:l1", and the chart in which they stand. */
const SPLIT: readonly (readonly [chart: string, names: RegExp])[] = [
  ["Cache", /^(?:hits|misses):/],
  ["Cache by door", /^door (?:hits|misses):/],
];

/** Nodes' own figures over time, of a live cluster: a recording has none. */
export class NodeFigures {
  readonly #samples = new Map<string, NodeSample[]>();

  take(samples: readonly NodeSample[]): void {
    for (const sample of samples) {
      let known = this.#samples.get(sample.name);
      if (known === undefined) {
        if (this.#samples.size >= NODES_MAX) continue;
        known = [];
        this.#samples.set(sample.name, known);
      }
      const last = known[known.length - 1];
      // After a reconnection the collector sends again what it still holds.
      if (last !== undefined && sample.atMs <= last.atMs) continue;
      known.push(sample);
      if (known.length > SAMPLES_MAX) known.shift();
    }
  }

  /** One curve a node, and one for each way in which gateways' hits and misses are told apart. */
  measure(window: Window, binCount: number): Figure[] {
    const figures: Figure[] = [];
    for (const { name, unit, value, factor, isRate } of CHARTS) {
      const series = [...this.#samples].map(([node, samples]): Series => {
        const points = isRate ? ratesOf(samples, value) : valuesOf(samples, value);
        return { name: node, values: binned(points, window, binCount, factor) };
      });
      figures.push({ name, unit, isByNode: true, series: series.filter(isMeasured) });
    }
    for (const [name, names] of SPLIT) {
      const series = this.#split(names, window, binCount);
      figures.push({ name, unit: "answers/s", isByNode: true, series });
    }
    return figures.filter(({ series }) => series.length > 0);
  }

  /** What never happened has no curve: there are many ways to miss. */
  #split(names: RegExp, window: Window, binCount: number): Series[] {
    const series: Series[] = [];
    for (const [node, samples] of this.#samples) {
      const keys = Object.keys(samples[samples.length - 1]?.values ?? {});
      for (const key of keys.filter((each) => names.test(each)).sort()) {
        const values = binned(ratesOf(samples, key), window, binCount, 1);
        const name = `${node} ${key.replace(/^door /, "").replace(":", " ")}`;
        if (values.some((value) => value > 0)) series.push({ name, values });
      }
    }
    return series;
  }
}

interface Point {
  readonly atMs: number;
  readonly value: number;
}

function valuesOf(samples: readonly NodeSample[], name: string): Point[] {
  return samples.flatMap(({ atMs, values }) => {
    const value = values[name];
    return value === undefined ? [] : [{ atMs, value }];
  });
}

function ratesOf(samples: readonly NodeSample[], name: string): Point[] {
  const points = valuesOf(samples, name);
  const rates: Point[] = [];
  for (const [at, { atMs, value }] of points.entries()) {
    const before = points[at - 1];
    if (before === undefined || atMs - before.atMs > GAP_MS_MAX) continue;
    // Less than before: a process that began anew, whose counters did as well.
    const by = value >= before.value ? value - before.value : value;
    rates.push({ atMs, value: (by * 1000) / (atMs - before.atMs) });
  }
  return rates;
}

/** The mean of each bin; bins between two samples that belong together are filled between them. */
function binned(
  points: readonly Point[],
  window: Window,
  binCount: number,
  factor: number,
): Float64Array {
  const values = new Float64Array(binCount).fill(Number.NaN);
  const binMs = Math.max(1e-9, (window.to - window.from) / binCount);
  for (const [at, { atMs, value }] of points.entries()) {
    if (atMs < window.from || atMs > window.to) continue;
    const before = points[at - 1]?.atMs;
    const since = before !== undefined && atMs - before <= GAP_MS_MAX ? before : atMs - 1;
    const first = Math.max(0, Math.floor((since - window.from) / binMs) + 1);
    const last = Math.min(binCount - 1, Math.floor((atMs - window.from) / binMs));
    for (let bin = Math.min(first, last); bin <= last; bin++) {
      if (bin >= 0) values[bin] = value * factor;
    }
  }
  return values;
}

function isMeasured({ values }: Series): boolean {
  return values.some((value) => !Number.isNaN(value));
}
