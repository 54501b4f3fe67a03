import { kindName } from "../model/kinds.ts";
import type { Recording } from "../model/recording.ts";
import { parentRows } from "./export-json.ts";

/** Microseconds that an event is drawn as: they have no length of their own. */
const EVENT_MICROSECONDS = 20;

/**
 * The Trace Event Format that Chrome's tracing page and Perfetto open: a thread a lane, a slice an
 * event, a flow a message.
 */
export function exportTrace(recording: Recording, rows: readonly number[]): string {
  const { table, index, laneOrder } = recording;
  const events: object[] = laneOrder.flatMap((lane, order) => {
    const thread = { ph: "M", pid: 1, tid: lane + 1 };
    return [
      { name: "thread_name", ...thread, args: { name: table.laneName(lane) } },
      { name: "thread_sort_index", ...thread, args: { sort_index: order } },
    ];
  });
  const inside = new Set(rows);
  let flow = 0;
  const at = (row: number): { ts: number; pid: 1; tid: number } => ({
    ts: Math.round((table.time.at(row) - index.from) * 1000),
    pid: 1,
    tid: table.lane.at(row) + 1,
  });
  for (const row of rows) {
    const name = kindName(table.kind.at(row));
    events.push({ name, ph: "X", dur: EVENT_MICROSECONDS, ...at(row), args: table.detailOf(row) });
    for (const parent of parentRows(recording, row)) {
      if (!inside.has(parent)) continue;
      flow++;
      const common = { name: "message", cat: "message", id: flow };
      events.push({ ...common, ph: "s", ...at(parent) });
      events.push({ ...common, ph: "f", bp: "e", ...at(row) });
    }
  }
  return JSON.stringify({ displayTimeUnit: "ms", traceEvents: events });
}
