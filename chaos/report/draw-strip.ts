import type { Series } from "../experiments/series.ts";

const WIDTH = 720;
const HEIGHT = 96;
const LATENCY_HEIGHT = 48;

/** A run as a strip: writes a second as an area, their latency as a line, the fault's span shaded. */
export function drawStrip(series: Series): string {
  const { sliceMs, phases, writes, writeP99Ms } = series;
  const durationMs = Math.max(1, writes.length * sliceMs);
  const x = (ms: number): number => Math.round((10 * WIDTH * ms) / durationMs) / 10;
  const most = Math.max(1, ...writes);
  const slowest = Math.max(1, ...writeP99Ms);
  const tops = writes.map((value, slice) => `${x(slice * sliceMs)},${y(HEIGHT, value / most)}`);
  const line = writeP99Ms.flatMap((value, slice) =>
    value === 0 ? [] : [`${x(slice * sliceMs)},${HEIGHT + 8 + y(LATENCY_HEIGHT, value / slowest)}`],
  );
  const { fromMs, toMs } = phases.during;
  const height = HEIGHT + LATENCY_HEIGHT + 8;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="writes and their latency over ${Math.round(durationMs / 100) / 10} s">`,
    `<rect class="fault" x="${x(fromMs)}" width="${Math.max(1, x(toMs) - x(fromMs))}" height="${height}"/>`,
    `<polygon class="writes" points="0,${HEIGHT} ${tops.join(" ")} ${WIDTH},${HEIGHT}"/>`,
    `<polyline class="latency" points="${line.join(" ")}"/>`,
    `<text x="4" y="12">${Math.round((most * 1000) / sliceMs)} writes/s</text>`,
    `<text x="4" y="${HEIGHT + 20}">p99 ${Math.round(slowest)} ms</text>`,
    "</svg>",
  ].join("");
}

function y(height: number, share: number): number {
  return Math.round(10 * height * (1 - share)) / 10;
}
