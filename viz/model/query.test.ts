import { describe, expect, it } from "vitest";
import type { EventDetail, EventKind } from "../../base/journal/journal-event.ts";
import { generatedHeader } from "../../base/journal/testing/generated-tape.ts";
import { recordingOf } from "../testing/recording-of.ts";
import { entryNamesOf } from "./entry-names.ts";
import { EventTable } from "./event-table.ts";
import { kindName } from "./kinds.ts";
import { matchRows, parseQuery } from "./query.ts";
import { Recording } from "./recording.ts";

const recording = recordingOf({
  troubles: [
    { at: 6, what: "kill-primary" },
    { at: 9, what: "equivocate" },
    { at: 11, what: "cut-off", member: 3 },
  ],
});
const { table } = recording;

function rowsOf(text: string): number[] {
  const query = parseQuery(text);
  if (!query.ok) throw new Error(query.error.message);
  const { mask } = matchRows(recording, query.test(recording));
  return [...mask.keys()].filter((row) => mask[row] === 1);
}

const kinds = (rows: readonly number[]): string[] => [
  ...new Set(rows.map((row) => kindName(table.kind.at(row)))),
];
const lanes = (rows: readonly number[]): string[] => [
  ...new Set(rows.map((row) => table.laneName(table.lane.at(row)))),
];

function tableOf(events: readonly (readonly [string, EventKind, EventDetail])[]): Recording {
  const own = { memberCount: 4, clientCount: 1, instanceCount: 0, seed: 1 };
  const made = new EventTable(generatedHeader(own));
  for (const [at, [name, kind, detail]] of events.entries()) {
    const id = { author: { name, incarnation: 1 }, sequence: at + 1 };
    made.append({ id, hlc: { milliseconds: 1000 + at, counter: 0 }, kind, parents: [], detail });
  }
  return new Recording(made);
}

describe("a search", () => {
  it("by type finds events of a kind, and frames of a type", () => {
    expect(kinds(rowsOf("type:committed"))).toEqual(["committed"]);
    expect(kinds(rowsOf("type:votes")).sort()).toEqual(["received", "sent"]);
  });

  it("by replica finds one lane", () => {
    expect(lanes(rowsOf("replica:2"))).toEqual(["replica-2"]);
    expect(lanes(rowsOf("client:*")).every((name) => name.startsWith("client-"))).toBe(true);
  });

  it.each([
    ["view>0", (view: number) => view > 0],
    ["view<1", (view: number) => view >= 0 && view < 1],
    ["view>=1", (view: number) => view >= 1],
    ["view:1", (view: number) => view === 1],
  ])("by number: %s", (text, holds) => {
    const found = rowsOf(text);
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((row) => holds(table.view.at(row)))).toBe(true);
  });

  it("by latency knows units", () => {
    expect(rowsOf("latency>50ms")).toEqual(rowsOf("latencyMs>50"));
    expect(rowsOf("latency>0.05s")).toEqual(rowsOf("latency>50"));
    expect(rowsOf("latency>50ms").length).toBeGreaterThan(0);
  });

  it("by text knows wildcards", () => {
    expect(rowsOf("key:obj*")).toEqual(rowsOf("key:*"));
    expect(rowsOf("key:nothing*")).toEqual([]);
  });

  it("by key finds what was asked for and what was written", () => {
    const at = tableOf([
      ["gateway-0", "request", { door: "plain", namespace: "team-a", key: "abc0000000000000" }],
      ["client-0", "request", { key: "abd" }],
      ["replica-0", "executed", { keys: "team-b/0000000000000000 team-a/abc0000000000000" }],
      ["replica-0", "executed", { keys: "team-a/abd0000000000000" }],
    ]);
    const found = (text: string): number[] => {
      const query = parseQuery(text);
      if (!query.ok) throw new Error(query.error.message);
      const { mask } = matchRows(at, query.test(at));
      return [...mask.keys()].filter((row) => mask[row] === 1);
    };
    expect(found("key:abc*")).toEqual([0, 2]);
    expect(found("key:team-a/*")).toEqual([2, 3]);
    expect(found("gateway:0")).toEqual([0]);
    expect(found("client:0")).toEqual([1]);
    expect(entryNamesOf(at, 0)).toEqual([{ namespace: "team-a", key: "abc0000000000000" }]);
    expect(entryNamesOf(at, 1)).toEqual([]);
    expect(entryNamesOf(at, 2)).toHaveLength(2);
  });

  it("joins terms by and, groups by or, and turns round by -", () => {
    const both = rowsOf("type:voted replica:1");
    expect(lanes(both)).toEqual(["replica-1"]);
    const either = new Set(rowsOf("type:voted replica:1 or type:crash"));
    expect(either).toEqual(new Set([...both, ...rowsOf("type:crash")]));
    const all = rowsOf("");
    expect(rowsOf("-type:sent").length).toBe(all.length - rowsOf("type:sent").length);
  });

  it("without a field looks everywhere", () => {
    expect(rowsOf("silent").length).toBe(rowsOf("what:silent").length);
  });

  it("of a motif finds its shape in the graph", () => {
    expect(kinds(rowsOf("motif:equivocation"))).toEqual(["proposed"]);
    expect(new Set(rowsOf("motif:equivocation").map((row) => table.slot.at(row)))).toEqual(
      new Set([9]),
    );
    expect(kinds(rowsOf("motif:quorum"))).toEqual(["certified"]);
    expect(rowsOf("motif:stuck").map((row) => table.slot.at(row))).toEqual([11]);
    expect(rowsOf("motif:retransmission")).toEqual([]);
  });

  it.each(["type:", "view>>3", ":x"])("that makes no sense says so: %s", (text) => {
    expect(parseQuery(text)).toMatchObject({ ok: false });
  });

  it("is bounded", () => {
    expect(parseQuery("a ".repeat(65))).toMatchObject({ ok: false });
  });
});
