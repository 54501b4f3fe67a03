import type { JournalEvent, RecordingHeader } from "../../base/journal/journal-event.ts";
import { eventName } from "../../base/journal/journal-event.ts";

export const EXPORT_FORMATS = ["lines", "json", "shiviz", "chrome"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** ShiViz splits a log by this expression, which stands in its first line. */
const SHIVIZ_PARSER = "(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})";
/** Microseconds that an event is drawn as in a trace: events have no length of their own. */
const EVENT_MICROSECONDS = 20;

/** Events in the order of time, as a text of this form. */
export function exportEvents(
  format: ExportFormat,
  header: RecordingHeader | undefined,
  events: readonly JournalEvent[],
): string {
  switch (format) {
    case "json":
      return `${JSON.stringify(toJson(header, events), undefined, 1)}\n`;
    case "shiviz":
      return toShiviz(events);
    case "chrome":
      return `${JSON.stringify(toTrace(events))}\n`;
    default:
      return `${events.map(lineOf).join("\n")}\n`;
  }
}

/** One line for people: time, name, kind, what it tells, whom it follows from. */
export function lineOf({ id, hlc, kind, parents, detail }: JournalEvent): string {
  const time = new Date(hlc.milliseconds).toISOString().slice(11, 23);
  const told = Object.entries(detail).map(([name, value]) => `${name}=${value}`);
  const causes = parents.length === 0 ? "" : `  ← ${parents.map(eventName).join(", ")}`;
  return `${time}+${hlc.counter}  ${eventName(id)}  ${kind}  ${told.join(" ")}${causes}`;
}

/** The schema that the viewer exports as well (viz/README.md). */
export function toJson(
  header: RecordingHeader | undefined,
  events: readonly JournalEvent[],
): object {
  return {
    format: 1,
    type: "quorate-events",
    recording: header,
    events: events.map(({ id, hlc, kind, parents, detail }) => ({
      id: eventName(id),
      time: [hlc.milliseconds, hlc.counter],
      kind,
      parents: parents.map(eventName),
      detail,
    })),
  };
}

/** Vector clocks count the exported events of each author, so that a part is a log of its own. */
function toShiviz(events: readonly JournalEvent[]): string {
  const clocks = new Map<string, ReadonlyMap<string, number>>();
  const last = new Map<string, ReadonlyMap<string, number>>();
  const lines = [SHIVIZ_PARSER, ""];
  for (const { id, kind, parents, detail } of events) {
    const host = id.author.name;
    const clock = new Map(last.get(host));
    for (const parent of parents) {
      for (const [of, count] of clocks.get(eventName(parent)) ?? []) {
        clock.set(of, Math.max(count, clock.get(of) ?? 0));
      }
    }
    clock.set(host, (clock.get(host) ?? 0) + 1);
    clocks.set(eventName(id), clock);
    last.set(host, clock);
    lines.push(`${kind} ${JSON.stringify(detail)}`.replaceAll("\n", " "));
    lines.push(`${host} ${JSON.stringify(Object.fromEntries(clock))}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The Trace Event Format: a thread an author, a slice an event, a flow a cause. */
function toTrace(events: readonly JournalEvent[]): object {
  const threads = [...new Set(events.map(({ id }) => id.author.name))].sort();
  const from = events[0]?.hlc.milliseconds ?? 0;
  const byName = new Map(events.map((event) => [eventName(event.id), event]));
  const placeOf = ({ id, hlc }: JournalEvent): { ts: number; pid: number; tid: number } => ({
    // A counter's step is drawn as a microsecond, so that the order can be seen.
    ts: (hlc.milliseconds - from) * 1000 + Math.min(hlc.counter, 999),
    pid: 1,
    tid: threads.indexOf(id.author.name) + 1,
  });
  const traceEvents: object[] = threads.map((name, index) => ({
    ...{ name: "thread_name", ph: "M", pid: 1, tid: index + 1 },
    args: { name },
  }));
  let flow = 0;
  for (const event of events) {
    const { kind: name, parents, detail: args } = event;
    traceEvents.push({ name, ph: "X", dur: EVENT_MICROSECONDS, ...placeOf(event), args });
    for (const parent of parents) {
      const cause = byName.get(eventName(parent));
      if (cause === undefined) continue;
      const common = { name: "cause", cat: "cause", id: ++flow };
      traceEvents.push({ ...common, ph: "s", ...placeOf(cause) });
      traceEvents.push({ ...common, ph: "f", bp: "e", ...placeOf(event) });
    }
  }
  return { displayTimeUnit: "ms", traceEvents };
}
