import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CAUSE_HINT_SIZE, readCauseHint, writeCauseHint } from "./cause-hint.ts";
import type { CauseHint } from "./cause-hint.ts";
import { EventScribe } from "./event-scribe.ts";
import type { JournalEvent } from "./journal-event.ts";
import { compareTimes, eventName, parseEventName } from "./journal-event.ts";
import { JournalWriter } from "./journal-writer.ts";
import { TEXT_BYTES_MAX, TIME_COUNTER_MAX } from "./limits.ts";

describe("a scribe", () => {
  it("numbers events from 1 and names whom it heard since the last, once", () => {
    const { scribe, events } = scribeAt(() => 1000);
    scribe.note("restart", {});
    scribe.heard("replica-1", hint(1, 5, 900));
    scribe.heard("replica-2", hint(1, 9, 900));
    scribe.heard("replica-1", hint(1, 6, 900));
    scribe.note("prepared", { view: 1 });
    scribe.note("committed", { view: 1 });
    expect(events.map(({ id }) => eventName(id))).toEqual([
      "replica-0#1:1",
      "replica-0#1:2",
      "replica-0#1:3",
    ]);
    expect(events.map(({ parents }) => parents.map(eventName))).toEqual([
      [],
      ["replica-1#1:6", "replica-2#1:9"],
      [],
    ]);
  });

  it("hears nothing old, and nothing of itself", () => {
    const { scribe, events } = scribeAt(() => 1000);
    scribe.heard("replica-1", hint(2, 3, 900));
    scribe.note("timer", {});
    scribe.heard("replica-1", hint(2, 3, 900));
    scribe.heard("replica-1", hint(1, 99, 900));
    scribe.heard("replica-0", hint(1, 99, 900));
    scribe.note("timer", {});
    expect(events[1]?.parents).toEqual([]);
    scribe.heard("replica-1", hint(3, 1, 900));
    scribe.note("timer", {});
    expect(events[2]?.parents.map(eventName)).toEqual(["replica-1#3:1"]);
  });

  it("gives times that only rise, above every parent, whatever its clock does", () => {
    const heard = fc.record({
      nowMs: fc.integer({ min: 0, max: 5000 }),
      parentMs: fc.integer({ min: 0, max: 9000 }),
      counter: fc.constantFrom(0, 7, TIME_COUNTER_MAX),
    });
    fc.assert(
      fc.property(fc.array(heard, { maxLength: 40 }), (steps) => {
        let nowMs = 0;
        const { scribe, events } = scribeAt(() => nowMs);
        let sequence = 0;
        for (const step of steps) {
          nowMs = step.nowMs;
          const before = events.at(-1);
          const cause = { ...hint(1, ++sequence, step.parentMs), counter: step.counter };
          scribe.heard("replica-1", cause);
          scribe.note("received", {});
          const event = events.at(-1) as JournalEvent;
          if (event.parents.length > 0) expect(compareTimes(event.hlc, cause)).toBeGreaterThan(0);
          if (before !== undefined) expect(compareTimes(event.hlc, before.hlc)).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("is carried ahead of its clock by nobody further than the bound", () => {
    const { scribe, events } = scribeAt(() => 1000);
    scribe.heard("liar", hint(1, 1, 1501));
    scribe.note("timer", {});
    expect(events[0]).toMatchObject({ parents: [], hlc: { milliseconds: 1000 } });
    expect(scribe.refusedCount).toBe(1);
    scribe.heard("liar", hint(1, 2, 1500));
    scribe.note("timer", {});
    expect(events[1]).toMatchObject({ hlc: { milliseconds: 1500, counter: 1 } });
  });

  it("goes on from where its incarnation before ended", () => {
    const events: JournalEvent[] = [];
    const scribe = new EventScribe(
      {
        author: { name: "replica-0", incarnation: 2 },
        nowMs: () => 10,
        aheadMsMax: 500,
        floor: { milliseconds: 50, counter: TIME_COUNTER_MAX },
      },
      { take: (event) => events.push(event) },
    );
    scribe.note("restart", {});
    expect(events[0]).toMatchObject({ hlc: { milliseconds: 51, counter: 0 }, id: { sequence: 1 } });
  });

  it("cuts texts to what a journal holds", () => {
    const { scribe, events } = scribeAt(() => 1);
    const long = "é\ud800漢".repeat(2000);
    scribe.note("violation", { what: long, checker: "agreement" });
    const what = events[0]?.detail["what"] as string;
    expect(new TextEncoder().encode(what).length).toBeLessThanOrEqual(TEXT_BYTES_MAX);
    expect(what.endsWith("…")).toBe(true);
    const writer = new JournalWriter();
    writer.add(events[0] as JournalEvent);
    expect(writer.eventCount).toBe(1);
  });
});

describe("a hint", () => {
  const numbers = fc.record({
    incarnation: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
    sequence: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
    milliseconds: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    counter: fc.integer({ min: 0, max: 0xffff }),
  });

  it("is twenty bytes and comes back as it was", () => {
    fc.assert(
      fc.property(numbers, fc.nat(5), (cause, offset) => {
        const bytes = new Uint8Array(offset + CAUSE_HINT_SIZE);
        writeCauseHint(cause, bytes, offset);
        expect(readCauseHint(bytes, offset)).toEqual(cause);
      }),
    );
  });

  it("of no event is none", () => {
    expect(readCauseHint(new Uint8Array(CAUSE_HINT_SIZE), 0)).toBeUndefined();
  });
});

describe("an event's name", () => {
  it("can be read back", () => {
    const id = { author: { name: "twin-of-2", incarnation: 3 }, sequence: 17 };
    expect(parseEventName(eventName(id))).toEqual(id);
    expect(parseEventName("replica-0")).toBeUndefined();
    expect(parseEventName("replica-0#x:1")).toBeUndefined();
  });
});

function scribeAt(nowMs: () => number): { scribe: EventScribe; events: JournalEvent[] } {
  const events: JournalEvent[] = [];
  const author = { name: "replica-0", incarnation: 1 };
  const sink = { take: (event: JournalEvent): number => events.push(event) };
  return { scribe: new EventScribe({ author, nowMs, aheadMsMax: 500 }, sink), events };
}

function hint(incarnation: number, sequence: number, milliseconds: number): CauseHint {
  return { incarnation, sequence, milliseconds, counter: 0 };
}
