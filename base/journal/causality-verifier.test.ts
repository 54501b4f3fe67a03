import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CausalityVerifier, describeFinding } from "./causality-verifier.ts";
import { EventScribe } from "./event-scribe.ts";
import type { EventId, JournalEvent } from "./journal-event.ts";
import { eventName } from "./journal-event.ts";
import { JournalReader } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";
import { TABLE_AUTHOR_COUNT_MAX } from "./limits.ts";

describe("a history that can have happened", () => {
  it("is found so, in the order of events and author by author, from objects and from blocks", () => {
    fc.assert(
      fc.property(conversations, (conversation) => {
        const events = converse(conversation);
        const names = [...new Set(events.map(({ id }) => id.author.name))];
        const byAuthor = names.flatMap((name) => events.filter((e) => e.id.author.name === name));
        for (const order of [events, byAuthor]) {
          expect(verify(order)).toEqual({ findings: [], gaps: [] });
          expect(verifyBlocks(order)).toEqual({ findings: [], gaps: [] });
        }
      }),
      { numRuns: 60 },
    );
  });

  it("may be told twice", () => {
    const events = converse([
      [0, 1],
      [1, 2],
    ]);
    expect(verify([...events, ...events]).findings).toEqual([]);
  });

  it("may go on for very long in one line", () => {
    const events = Array.from({ length: 50_000 }, (_, index) => event(`a:${index + 1}`, index));
    expect(verify(events).findings).toEqual([]);
  });
});

describe("what cannot have happened is found at the event", () => {
  it.each<[string, JournalEvent[], string[]]>([
    [
      "a parent from the future",
      [event("a:1", 10), event("b:1", 9, "a:1"), event("b:2", 11, "a:1")],
      ["b#1:1 is not later than its parent a#1:1"],
    ],
    [
      "a parent from the future that comes later",
      [event("b:1", 9, "a:1"), event("a:1", 9)],
      ["b#1:1 is not later than its parent a#1:1"],
    ],
    [
      "a time that stands still",
      [event("a:1", 10), event("a:2", 10), event("a:3", 11)],
      ["a#1:2 is not later than its author's event before, a#1:1"],
    ],
    [
      "a forged sequence",
      [event("a:1", 10), event("a:2", 11), event("a:2", 12), event("a:3", 13)],
      ["a#1:2 is not the event that its author made before under this number, a#1:2"],
    ],
    [
      "a forged sequence at the same time, of other parents",
      [event("b:1", 1), event("a:1", 10), event("a:1", 10, "b:1")],
      ["a#1:1 is not the event that its author made before under this number, a#1:1"],
    ],
    [
      "a cycle of two",
      [event("a:1", 10, "b:1"), event("b:1", 11, "a:1")],
      ["a#1:1 is among the causes of its own parent b#1:1"],
    ],
    [
      "a cycle over authors' own events",
      [event("a:1", 10, "b:2"), event("a:2", 11), event("b:1", 12, "a:2"), event("b:2", 13)],
      ["a#1:1 is among the causes of its own parent b#1:2"],
    ],
    [
      "a missing parent amid its author's events",
      [event("a:1", 1), event("a:3", 3), event("b:1", 5, "a:2")],
      ["b#1:1 names a parent that its author's journal does not have, a#1:2"],
    ],
    [
      "events that come backwards",
      [event("a:2", 2), event("a:1", 1)],
      ["a#1:1 came after its author's later events: a#1:1"],
    ],
  ])("%s", (_what, events, expected) => {
    expect(verify(events, false).findings).toEqual(expected);
  });

  it("among many that are right", () => {
    fc.assert(
      fc.property(conversations, fc.nat(), (conversation, choice) => {
        const events = converse(conversation);
        const planted = events.filter(({ parents }) => parents.length > 0);
        fc.pre(planted.length > 0);
        const victim = planted[choice % planted.length] as JournalEvent;
        const [parent] = victim.parents as [EventId];
        const cause = events.find(({ id }) => eventName(id) === eventName(parent)) as JournalEvent;
        const forged = events.map((e) => (e === victim ? { ...e, hlc: cause.hlc } : e));
        expect(verify(forged).findings).toContain(
          `${eventName(victim.id)} is not later than its parent ${eventName(parent)}`,
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe("what is not known accuses nobody", () => {
  it.each<[string, JournalEvent[], object[]]>([
    ["a tail that was torn off", [event("a:1", 1), event("b:1", 5, "a:2")], []],
    ["a journal that is not here", [event("b:1", 5, "c:7")], []],
    ["a segment that was dropped", [event("a:5", 5), event("b:1", 6, "a:3")], [gap("a", 1, 4)]],
    ["a block that was damaged", [event("a:1", 1), event("a:4", 5)], [gap("a", 2, 3)]],
  ])("%s", (_what, events, gaps) => {
    expect(verify(events, false)).toEqual({ findings: [], gaps });
  });

  it("a parent amid blocks that may have been left out", () => {
    const events = [event("a:1", 1), event("a:3", 3), event("b:1", 5, "a:2")];
    const options = { isComplete: false, mayHaveHoles: true, eventCountMax: 10 };
    const verifier = new CausalityVerifier(options);
    for (const each of events) verifier.add(each);
    expect(verifier.end()).toEqual([gap("a", 2, 2)]);
    expect(verifier.findings).toEqual([]);
  });

  it("more authors than can be told apart are not judged, and counted", () => {
    const count = TABLE_AUTHOR_COUNT_MAX + 5;
    const verifier = new CausalityVerifier({ isComplete: false, eventCountMax: 2 * count });
    for (let index = 0; index < count; index++) verifier.add(event(`author-${index}:1`, 1));
    expect(verifier.unjudgedCount).toBe(5);
    expect(verifier.eventCount).toBe(TABLE_AUTHOR_COUNT_MAX);
  });

  it("but in a complete record everything is there", () => {
    expect(verify([event("a:1", 1), event("a:3", 3), event("b:1", 5, "c:1")]).findings).toEqual([
      "a#1:3 comes without the event before, a#1:2",
      "b#1:1 names a parent that its author's journal does not have, c#1:1",
    ]);
  });
});

type Conversation = readonly (readonly [from: number, to: number])[];

const conversations: fc.Arbitrary<Conversation> = fc.array(
  fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 })),
  { maxLength: 120 },
);

/** Each pair: one author notes something, and tells the other. */
function converse(conversation: Conversation): JournalEvent[] {
  const events: JournalEvent[] = [];
  let nowMs = 0;
  const scribes = Array.from(
    { length: 5 },
    (_, index) =>
      new EventScribe(
        {
          author: { name: `replica-${index}`, incarnation: 1 },
          nowMs: () => nowMs + 3 * index,
          aheadMsMax: 500,
        },
        { take: (each) => events.push(each) },
      ),
  );
  for (const [from, to] of conversation) {
    nowMs++;
    const teller = scribes[from] as EventScribe;
    teller.note("sent", { peer: `replica-${to}` });
    if (teller.hint !== undefined)
      (scribes[to] as EventScribe).heard(teller.author.name, teller.hint);
  }
  return events;
}

/** "a:3" is event 3 of a. */
function event(name: string, milliseconds: number, ...parents: string[]): JournalEvent {
  return {
    id: idOf(name),
    hlc: { milliseconds, counter: 0 },
    kind: "timer",
    parents: parents.map(idOf),
    detail: {},
  };
}

function idOf(text: string): EventId {
  const [name = "", sequence] = text.split(":");
  return { author: { name, incarnation: 1 }, sequence: Number(sequence) };
}

function gap(name: string, from: number, to: number): object {
  return { author: { name, incarnation: 1 }, from, to };
}

function verify(
  events: readonly JournalEvent[],
  isComplete = true,
): { findings: string[]; gaps: readonly object[] } {
  const verifier = new CausalityVerifier({ isComplete, eventCountMax: 100_000 });
  for (const each of events) verifier.add(each);
  const gaps = verifier.end();
  return { findings: verifier.findings.map(describeFinding), gaps: isComplete ? [] : gaps };
}

function verifyBlocks(events: readonly JournalEvent[]): { findings: string[]; gaps: object[] } {
  const verifier = new CausalityVerifier({ isComplete: true, eventCountMax: 100_000 });
  const writer = new JournalWriter();
  const reader = new JournalReader();
  for (const [index, each] of events.entries()) {
    writer.add(each);
    if (index % 30 !== 29) continue;
    for (const block of reader.push(writer.flush() as Uint8Array)) verifier.addBlock(block);
  }
  for (const block of reader.push(writer.flush() ?? new Uint8Array(0))) verifier.addBlock(block);
  verifier.end();
  return { findings: verifier.findings.map(describeFinding), gaps: [] };
}
