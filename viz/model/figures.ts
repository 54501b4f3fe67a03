import { NONE } from "./event-table.ts";
import { kindNumber } from "./kinds.ts";
import type { Recording } from "./recording.ts";
import type { Window } from "./selection.ts";

/** One curve: a value a bin, or NaN where nothing was measured. */
export interface Series {
  readonly name: string;
  readonly values: Float64Array;
}

export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** Its curves are of nodes: even a single one has to say of which. */
  readonly isByNode?: boolean;
  readonly series: readonly Series[];
}

const CERTIFIED = kindNumber("certified");
const EXECUTED = kindNumber("executed");
const ANSWER = kindNumber("answer");
const NEW_VIEW = kindNumber("new-view");

/** What the window's events add up to, in `binCount` equal parts of its time. */
export function measure(recording: Recording, window: Window, binCount: number): Figure[] {
  const { table, index } = recording;
  const bins = new Bins(binCount, recording);
  const first = index.placeAt(window.from);
  const last = index.placeAt(window.to);
  const span = Math.max(1e-9, window.to - window.from);
  for (let place = 0; place < last; place++) {
    const row = index.order[place] as number;
    const kind = table.kind.at(row);
    if (kind !== CERTIFIED && kind !== EXECUTED && kind !== ANSWER && kind !== NEW_VIEW) continue;
    const at = (table.time.at(row) - window.from) / span;
    // What came before the window sets where its curves begin.
    const bin = place < first ? -1 : Math.min(binCount - 1, Math.floor(at * binCount));
    bins.take(row, kind, bin);
  }
  return bins.figures(span / binCount);
}

class Bins {
  readonly #count: number;
  readonly #recording: Recording;
  readonly #certified: Float64Array;
  readonly #latencies: number[][];
  /** The newest (epoch, view) that was entered by the end of each bin. */
  readonly #epochs: Float64Array;
  readonly #views: Float64Array;
  /** By replica's lane: the highest executed sequence at the end of each bin. */
  readonly #executed = new Map<number, Float64Array>();
  readonly #slots = new Set<number>();
  #epochBefore = 0;
  #viewBefore = 0;
  readonly #executedBefore = new Map<number, number>();

  constructor(count: number, recording: Recording) {
    this.#count = count;
    this.#recording = recording;
    this.#certified = new Float64Array(count);
    this.#latencies = Array.from({ length: count }, () => []);
    this.#epochs = new Float64Array(count);
    this.#views = new Float64Array(count);
    for (const lane of recording.laneOrder) {
      if (recording.table.authors.lanes[lane]?.role === "replica") {
        this.#executed.set(lane, new Float64Array(count));
      }
    }
  }

  take(row: number, kind: number, bin: number): void {
    const { table } = this.#recording;
    if (kind === NEW_VIEW) this.#noteView(row, bin, table.view.at(row));
    else if (kind === EXECUTED) this.#noteExecuted(row, bin);
    else if (kind === CERTIFIED) {
      this.#noteCertified(table.slot.at(row), bin);
      this.#noteView(row, bin, 0);
    } else if (bin >= 0 && !Number.isNaN(table.latencyMs.at(row))) {
      this.#latencies[bin]?.push(table.latencyMs.at(row));
    }
  }

  figures(binMs: number): Figure[] {
    const sorted = this.#latencies.map((values) => values.sort((a, b) => a - b));
    return [
      {
        name: "Certified",
        unit: "sequences/s",
        series: [{ name: "all", values: this.#certified.map((count) => (count * 1000) / binMs) }],
      },
      {
        name: "Answered within",
        unit: "ms",
        series: [0.5, 0.99].map((share) => ({
          name: `p${share * 100}`,
          values: Float64Array.from(sorted, (values) => quantile(values, share)),
        })),
      },
      this.#viewFigure(),
      { name: "Behind the furthest", unit: "sequences", series: this.#lags() },
    ];
  }

  /** Each sequence once, however many replicas noted it. */
  #noteCertified(slot: number, bin: number): void {
    if (this.#slots.has(slot)) return;
    this.#slots.add(slot);
    if (bin >= 0) this.#certified[bin] = (this.#certified[bin] as number) + 1;
  }

  #noteExecuted(row: number, bin: number): void {
    const { table } = this.#recording;
    const lane = table.lane.at(row);
    const slot = table.slot.at(row);
    if (slot === NONE) return;
    const values = this.#executed.get(lane);
    if (values === undefined) return;
    if (bin >= 0) this.#raise(values, bin, slot);
    else this.#executedBefore.set(lane, Math.max(slot, this.#executedBefore.get(lane) ?? 0));
  }

  /** A new epoch begins again at view 0. */
  #noteView(row: number, bin: number, view: number): void {
    const epoch = Number(this.#recording.table.detailValueOf(row, "epoch") ?? 0);
    if (bin < 0) {
      this.#viewBefore = newerView(this.#epochBefore, this.#viewBefore, epoch, view);
      this.#epochBefore = Math.max(this.#epochBefore, epoch);
      return;
    }
    const known = this.#epochs[bin] as number;
    this.#views[bin] = newerView(known, this.#views[bin] as number, epoch, view);
    this.#epochs[bin] = Math.max(known, epoch);
  }

  #viewFigure(): Figure {
    const epochs = rising(this.#epochs, this.#epochBefore);
    let view = this.#viewBefore;
    const views = epochs.map((epoch, bin) => {
      const before = bin === 0 ? this.#epochBefore : (epochs[bin - 1] as number);
      const entered = (this.#epochs[bin] as number) < epoch ? 0 : (this.#views[bin] as number);
      return (view = newerView(before, view, epoch, entered));
    });
    const series = [
      { name: "view", values: views },
      { name: "epoch", values: epochs },
    ];
    return { name: "View and epoch", unit: "", series };
  }

  #raise(values: Float64Array, bin: number, value: number): void {
    values[bin] = Math.max(values[bin] as number, value);
  }

  #lags(): Series[] {
    const heights = [...this.#executed].map(([lane, values]) => ({
      lane,
      values: rising(values, this.#executedBefore.get(lane) ?? 0),
    }));
    const furthest = new Float64Array(this.#count);
    for (const { values } of heights) {
      for (let bin = 0; bin < this.#count; bin++) {
        furthest[bin] = Math.max(furthest[bin] as number, values[bin] as number);
      }
    }
    return heights.map(({ lane, values }) => ({
      name: this.#recording.table.laneName(lane),
      values: values.map((value, bin) => (furthest[bin] as number) - value),
    }));
  }
}

/** The view of the later epoch, and of one epoch the higher. */
function newerView(epoch: number, view: number, otherEpoch: number, other: number): number {
  if (otherEpoch !== epoch) return otherEpoch > epoch ? other : view;
  return Math.max(view, other);
}

/** What was reached stays reached. */
function rising(values: Float64Array, start: number): Float64Array {
  let highest = start;
  return values.map((value) => (highest = Math.max(highest, value)));
}

/** Of sorted values; NaN when there are none. */
export function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return Number.NaN;
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}
