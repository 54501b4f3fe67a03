import { expect, it } from "vitest";
import { eventName } from "../../base/journal/journal-event.ts";
import { generatedEvents } from "../../base/journal/testing/generated-tape.ts";
import { recordingOf } from "../testing/recording-of.ts";
import { exportJson } from "./export-json.ts";
import type { ExportedEvents } from "./export-json.ts";
import { exportShiviz, SHIVIZ_PARSER } from "./export-shiviz.ts";
import { exportTrace } from "./export-trace.ts";

const recording = recordingOf({ instanceCount: 5 });
const rows = [...recording.index.order];

it("JSON says of each event what the journal says", () => {
  const { events } = JSON.parse(exportJson(recording, rows, true)) as ExportedEvents;
  const options = { memberCount: 4, clientCount: 2, instanceCount: 5, seed: 1 };
  const noted = [...generatedEvents(options)];
  expect(events).toEqual(
    noted.map(({ id, hlc, kind, parents, detail }) => ({
      id: eventName(id),
      time: [hlc.milliseconds, hlc.counter],
      kind,
      parents: parents.map(eventName),
      detail,
    })),
  );
});

it.each([true, false])("JSON says whether every event of its time is in it: %s", (isWhole) => {
  const said = JSON.parse(exportJson(recording, rows.slice(0, 3), isWhole)) as ExportedEvents;
  expect([said.isWhole, said.events.length]).toEqual([isWhole, 3]);
});

it("a ShiViz log is read by the expression in its first line, and its clocks only grow", () => {
  const log = exportShiviz(recording, rows);
  const [first, second, ...lines] = log.trimEnd().split("\n");
  expect([first, second]).toEqual([SHIVIZ_PARSER, ""]);
  const found = [...lines.join("\n").matchAll(new RegExp(SHIVIZ_PARSER, "g"))];
  expect(found).toHaveLength(rows.length);
  const last = new Map<string, number>();
  for (const { groups } of found) {
    const host = groups?.["host"] as string;
    const clock = JSON.parse(groups?.["clock"] as string) as Record<string, number>;
    expect(clock[host]).toBe((last.get(host) ?? 0) + 1);
    last.set(host, clock[host] as number);
  }
});

it("a trace has a slice an event, and a flow's two ends for each message", () => {
  const { traceEvents } = JSON.parse(exportTrace(recording, rows)) as {
    traceEvents: {
      ph: string;
      id?: number;
      ts: number;
      name: string;
      tid?: number;
      args?: { sort_index?: number };
    }[];
  };
  const of = (phase: string): typeof traceEvents => traceEvents.filter(({ ph }) => ph === phase);
  expect(of("X")).toHaveLength(rows.length);
  // Lanes lie as they do in the picture.
  const order = of("M").filter(({ name }) => name === "thread_sort_index");
  expect(order.map(({ tid }) => (tid ?? 0) - 1)).toEqual(recording.laneOrder);
  expect(order.map(({ args }) => args?.sort_index)).toEqual([...recording.laneOrder.keys()]);
  expect(of("s")).toHaveLength(recording.table.parents.length);
  for (const [at, start] of of("s").entries()) {
    const end = of("f")[at];
    expect(end?.id).toBe(start.id);
    expect(end?.ts).toBeGreaterThanOrEqual(start.ts);
  }
});
