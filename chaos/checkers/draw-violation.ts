import { MODELS } from "./model.ts";
import type { KeyJudgement } from "./check-history.ts";
import type { Operation } from "./operation.ts";

/** Operations in one picture: those around the place where it went wrong. */
const OPERATIONS_MAX = 240;
const COLUMN_PX = 48;
const ROW_PX = 44;
const LEFT_PX = 90;
const TOP_PX = 86;
const BAR_PX = 20;
/** The sentence at the top has this room at least. */
const WIDTH_PX_MIN = 820;
/** A label stays under its own bar; the whole text shows where the pointer rests. */
const CHARACTER_PX = 7.3;

/**
 * One key's history as a self-contained SVG: a row for each process, a bar for each operation, in
 * the order of events and not to scale of time. Numbered points show the longest order that
 * explains the history; red bars are the operations of which none could come next, though the
 * darkest had already ended. The same history gives the same bytes.
 */
export function drawViolation(judgement: KeyJudgement, modelName: string): string {
  const shown = chooseOperations(judgement);
  const columns = columnsOf(judgement.operations, shown);
  const rows = [...new Set(shown.map((index) => judgement.operations[index]!.process))];
  rows.sort((left, right) => left - right);
  const width = Math.max(WIDTH_PX_MIN, LEFT_PX + COLUMN_PX * (columns.count + 2));
  const height = TOP_PX + ROW_PX * rows.length + 20;
  const first = firstToEnd(judgement);
  const bars = shown.map((index) =>
    drawBar({
      operation: judgement.operations[index]!,
      describe: MODELS.get(modelName)?.actions[judgement.operations[index]!.action]?.describe,
      from: LEFT_PX + COLUMN_PX * columns.call(index),
      to: LEFT_PX + COLUMN_PX * columns.end(index),
      y: TOP_PX + ROW_PX * rows.indexOf(judgement.operations[index]!.process),
      look: index === first ? "first" : judgement.stuck.includes(index) ? "stuck" : "placed",
    }),
  );
  const names = rows.map(
    (process, row) => `<text x="8" y="${TOP_PX + ROW_PX * row + 15}">process ${process}</text>`,
  );
  const left = judgement.operations.length - shown.length;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    STYLE,
    `<rect width="${width}" height="${height}" class="paper"/>`,
    `<text x="8" y="24" class="title">key ${escape(JSON.stringify(judgement.key))}: ${judgement.verdict}</text>`,
    `<text x="8" y="46">${escape(explain(judgement, left))}</text>`,
    ...names,
    ...bars,
    ...drawOrder(judgement, columns, rows),
    "</svg>",
  ].join("\n")}\n`;
}

const STYLE = `<style>
text { font: 12px monospace; fill: #222 }
.title { font-size: 15px; font-weight: bold }
.paper { fill: #fff }
.placed { fill: #cfe3f5; stroke: #4a7ba6 }
.stuck { fill: #f9cfcf; stroke: #b33 }
.first { fill: #e36a6a; stroke: #800 }
.order { fill: none; stroke: #333; stroke-dasharray: 2 3 }
.point { fill: #fff; stroke: #333 }
.number { font-size: 9px; text-anchor: middle }
</style>`;

function explain({ order, stuck, operations }: KeyJudgement, left: number): string {
  const part = `${order.length} of ${operations.length} operations follow one another as numbered`;
  const end =
    stuck.length === 0 ? "" : "; none of the red ones can come next, and one of them must";
  return `${part}${end}${left > 0 ? ` (${left} operations farther away are not drawn)` : ""}`;
}

/** The stuck operation that ended first: nothing later may be placed before it. */
function firstToEnd({ stuck, operations }: KeyJudgement): number {
  return stuck.reduce(
    (first, index) =>
      first < 0 || operations[index]!.return < operations[first]!.return ? index : first,
    -1,
  );
}

/** What is stuck, and the operations that were placed last. */
function chooseOperations({ order, stuck, operations }: KeyJudgement): readonly number[] {
  const wanted = new Set([...stuck, ...[...order].reverse()].slice(0, OPERATIONS_MAX));
  return operations.map((_, index) => index).filter((index) => wanted.has(index));
}

interface Columns {
  readonly count: number;
  readonly call: (index: number) => number;
  readonly end: (index: number) => number;
}

/** Each call and each return has a column of its own, in the order of time. */
function columnsOf(operations: readonly Operation[], shown: readonly number[]): Columns {
  const events = shown.flatMap((index) => {
    const { call, return: end } = operations[index]!;
    const ends = end === Infinity ? [] : [{ index, isCall: false, time: end }];
    return [{ index, isCall: true, time: call }, ...ends];
  });
  events.sort(
    (left, right) =>
      left.time - right.time ||
      Number(right.isCall) - Number(left.isCall) ||
      left.index - right.index,
  );
  const calls = new Map<number, number>();
  const ends = new Map<number, number>();
  for (const [column, { index, isCall }] of events.entries()) {
    (isCall ? calls : ends).set(index, column);
  }
  return {
    count: events.length,
    call: (index) => calls.get(index) ?? 0,
    end: (index) => ends.get(index) ?? events.length,
  };
}

interface Bar {
  readonly operation: Operation;
  readonly describe: ((operation: Operation) => string) | undefined;
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly look: "placed" | "stuck" | "first";
}

function drawBar({ operation, describe, from, to, y, look }: Bar): string {
  const text = describe?.(operation) ?? operation.action;
  const { call, return: end } = operation;
  const times = end === Infinity ? `from ${call}, never ended` : `${call} to ${end}`;
  const room = Math.max(4, Math.floor((to - from) / CHARACTER_PX) - 1);
  const label = text.length > room ? `${text.slice(0, room - 1)}…` : text;
  return (
    `<g><title>${escape(`${text}, ${times}`)}</title>` +
    `<rect x="${from}" y="${y}" width="${to - from}" height="${BAR_PX}" rx="3" class="${look}"/>` +
    `<text x="${from + 2}" y="${y + BAR_PX + 12}">${escape(label)}</text></g>`
  );
}

/** Each point lies inside its operation's bar and not before the point of its predecessor. */
function drawOrder(
  judgement: KeyJudgement,
  columns: Columns,
  rows: readonly number[],
): readonly string[] {
  const drawn = new Set(chooseOperations(judgement));
  const points: { readonly x: number; readonly y: number; readonly number: number }[] = [];
  let x = 0;
  for (const [place, index] of judgement.order.entries()) {
    if (!drawn.has(index)) continue;
    x = Math.max(x + 5, LEFT_PX + COLUMN_PX * columns.call(index) + 8);
    const row = rows.indexOf(judgement.operations[index]!.process);
    points.push({ x, y: TOP_PX + ROW_PX * row + BAR_PX / 2, number: place + 1 });
  }
  const path = points.map(({ x, y }) => `${x},${y}`).join(" ");
  return [
    `<polyline points="${path}" class="order"/>`,
    ...points.map(
      ({ x, y, number }) =>
        `<circle cx="${x}" cy="${y}" r="8" class="point"/>` +
        `<text x="${x}" y="${y + 3}" class="number">${number}</text>`,
    ),
  ];
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll(/\p{Cc}/gu, " ");
}
