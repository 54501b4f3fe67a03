import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { generatedEvents, generatedHeader } from "../../base/journal/testing/generated-tape.ts";
import type { TapeOptions } from "../../base/journal/testing/generated-tape.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { AUTHOR_COUNT_MAX } from "./author-table.ts";
import { EventTable, NONE } from "./event-table.ts";
import { kindName } from "./kinds.ts";

const OPTIONS: TapeOptions = { memberCount: 4, clientCount: 2, instanceCount: 12, seed: 7 };

function tableOf(events: Iterable<JournalEvent>): EventTable {
  const table = new EventTable(generatedHeader(OPTIONS));
  for (const event of events) table.append(event);
  table.settle();
  return table;
}

function eventAt(table: EventTable, row: number): Omit<JournalEvent, "parents" | "hlc"> {
  return {
    id: table.idOf(row),
    kind: kindName(table.kind.at(row)),
    detail: table.detailOf(row),
  };
}

function parentsOf(table: EventTable, row: number): readonly JournalEvent["id"][] {
  const start = table.parentStart.at(row);
  return Array.from({ length: table.parentCount.at(row) }, (_, at) =>
    table.idOf(table.parents.at(start + at)),
  );
}

describe("a table of events", () => {
  const events = [...generatedEvents(OPTIONS)];

  it("gives back what was put in: who, when, what, why, and every detail", () => {
    const table = tableOf(events);
    expect(table.count).toBe(events.length);
    for (const [row, { id, kind, detail, parents, hlc }] of events.entries()) {
      expect(eventAt(table, row)).toEqual({ id, kind, detail });
      expect(parentsOf(table, row)).toEqual(parents);
      expect(Math.floor(table.time.at(row))).toBe(hlc.milliseconds);
    }
  });

  it("ties parents whatever the order in which events come", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
        const table = tableOf(shuffled);
        for (const [row, { parents }] of shuffled.entries()) {
          expect(parentsOf(table, row)).toEqual(parents);
        }
      }),
      { numRuns: 5 },
    );
  });

  it("is the same after it was handed to another thread", () => {
    const table = tableOf(events);
    const copy = EventTable.from(structuredClone(table.snapshot()));
    for (const row of events.keys()) {
      expect(eventAt(copy, row)).toEqual(eventAt(table, row));
      expect(copy.rowOf(table.idOf(row))).toBe(row);
    }
  });

  it("leaves a parent unknown that never came", () => {
    const orphan = events.findIndex(({ parents }) => parents.length > 0);
    const table = tableOf([events[orphan] as JournalEvent]);
    expect(table.parents.at(0)).toBe(NONE);
  });

  it("forgets the oldest and keeps everything else as it was, texts included", () => {
    const table = tableOf(events);
    const gone = 100;
    table.dropFront(gone);
    expect(table.count).toBe(events.length - gone);
    for (let row = 0; row < table.count; row++) {
      const { id, kind, detail } = events[row + gone] as JournalEvent;
      expect(eventAt(table, row)).toEqual({ id, kind, detail });
      expect(table.rowOf(id)).toBe(row);
    }
    expect(table.rowOf((events[0] as JournalEvent).id)).toBe(NONE);
  });

  it("tells so many authors apart, and leaves out the events of others", () => {
    const table = tableOf([]);
    const of = (incarnation: number): JournalEvent => ({
      id: { author: { name: "replica-0", incarnation }, sequence: 1 },
      hlc: { milliseconds: incarnation, counter: 0 },
      ...{ kind: "timer", detail: {} },
      parents: [{ author: { name: "replica-0", incarnation: incarnation + 1 }, sequence: 1 }],
    });
    for (let incarnation = 1; incarnation < AUTHOR_COUNT_MAX; incarnation++) {
      expect(table.append(of(incarnation))).toBe(true);
    }
    // The last one was named as a parent already; the one behind it is nobody.
    expect(table.append(of(AUTHOR_COUNT_MAX))).toBe(true);
    expect(table.append(of(AUTHOR_COUNT_MAX + 1))).toBe(false);
    table.settle();
    expect(table.count).toBe(AUTHOR_COUNT_MAX);
    expect(table.parents.at(AUTHOR_COUNT_MAX - 1)).toBe(NONE);
  });

  it("does not grow in texts while events come and go", () => {
    const table = tableOf(events);
    const before = table.strings.size;
    for (let round = 0; round < 5; round++) {
      const more = generatedEvents({ ...OPTIONS, seed: 100 + round });
      for (const event of more) table.append(event);
      table.dropFront(events.length);
    }
    expect(table.strings.size).toBeLessThan(before * 2);
  });
});
