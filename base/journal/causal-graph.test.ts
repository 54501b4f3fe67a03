import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CausalGraph } from "./causal-graph.ts";
import type { EventBlock } from "./event-block.ts";
import { EventScribe } from "./event-scribe.ts";
import type { JournalEvent } from "./journal-event.ts";
import { eventName } from "./journal-event.ts";
import { JournalReader } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";

const ALL = 1_000_000;
const AUTHOR_COUNT = 4;

type Conversation = readonly (readonly [from: number, to: number])[];

const conversations: fc.Arbitrary<Conversation> = fc.array(
  fc.tuple(fc.nat(AUTHOR_COUNT - 1), fc.nat(AUTHOR_COUNT - 1)),
  { minLength: 1, maxLength: 60 },
);

describe("a graph of journals", () => {
  it("answers what a slow and obvious search answers", () => {
    fc.assert(
      fc.property(conversations, fc.nat(), fc.nat(), (conversation, first, second) => {
        const events = converse(conversation);
        const graph = new CausalGraph(blocksOf(events));
        const slow = slowGraph(events);
        const [from, to] = [first % events.length, second % events.length] as const;
        const name = (index: number): string => eventName(graph.event(index).id);
        const a = name(from);
        expect(new Set(graph.history(from, ALL).events.map(name))).toEqual(slow.causes(a));
        expect(new Set(graph.effects(from, ALL).events.map(name))).toEqual(slow.effects(a));
        const apart = new Set(slow.names.filter((b) => !slow.causes(a).has(b)));
        for (const effect of slow.effects(a)) apart.delete(effect);
        expect(new Set(graph.concurrent(from, ALL).events.map(name))).toEqual(apart);
        const path = graph.path(from, to)?.map(name);
        expect(path !== undefined).toBe(slow.causes(name(to)).has(a));
        for (const [at, step] of (path ?? []).entries()) {
          if (at > 0) expect(slow.parents(step)).toContain(path?.[at - 1]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("shows the newest causes, the oldest effects and the nearest others, and says how many there are", () => {
    const events = converse(Array.from({ length: 20 }, () => [0, 0] as const));
    const graph = new CausalGraph(blocksOf(events));
    expect(graph.history(10, 3)).toEqual({ events: [8, 9, 10], count: 11 });
    expect(graph.effects(10, 3)).toEqual({ events: [10, 11, 12], count: 10 });
    const two = new CausalGraph(
      blocksOf(converse(Array.from({ length: 20 }, (_, i) => [i % 2, i % 2] as const))),
    );
    expect(two.concurrent(10, 2)).toEqual({ events: [9, 11], count: 10 });
  });

  it("holds an event once that two journals tell of", () => {
    const events = converse([
      [0, 1],
      [1, 0],
      [0, 1],
    ]);
    const graph = new CausalGraph([...blocksOf(events), ...blocksOf(events)]);
    expect(graph.size).toBe(3);
    expect(graph.missingCount).toBe(0);
  });

  it("goes on where a cause is not here, and counts it", () => {
    const events = converse([
      [0, 1],
      [0, 1],
      [1, 0],
    ]);
    const graph = new CausalGraph(blocksOf(events.slice(1)));
    expect(graph.missingCount).toBe(1);
    expect(graph.history(1, ALL).events).toEqual([0, 1]);
  });

  it("is deep without end: a chain of a hundred thousand", () => {
    const events = converse(
      Array.from({ length: 100_000 }, (_, i) => [i % 2, (i + 1) % 2] as const),
    );
    const graph = new CausalGraph(blocksOf(events));
    expect(graph.history(graph.size - 1, 1).count).toBe(100_000);
    // By its author's own events the other one's need not be gone through.
    expect(graph.path(0, graph.size - 1)?.length).toBe(50_001);
  });
});

/** Each pair: one author notes something, and tells the other. */
function converse(conversation: Conversation): JournalEvent[] {
  const events: JournalEvent[] = [];
  let nowMs = 0;
  const sink = { take: (event: JournalEvent): number => events.push(event) };
  const scribes = Array.from({ length: AUTHOR_COUNT }, (_, index) => {
    const author = { name: `replica-${index}`, incarnation: 1 };
    return new EventScribe({ author, nowMs: () => nowMs, aheadMsMax: 500 }, sink);
  });
  for (const [from, to] of conversation) {
    nowMs++;
    const teller = scribes[from] as EventScribe;
    teller.note("sent", {});
    const { hint } = teller;
    if (hint !== undefined) (scribes[to] as EventScribe).heard(teller.author.name, hint);
  }
  return events;
}

function slowGraph(events: readonly JournalEvent[]): {
  names: string[];
  parents: (name: string) => string[];
  causes: (name: string) => Set<string>;
  effects: (name: string) => Set<string>;
} {
  const names = events.map(({ id }) => eventName(id));
  const parentsOf = new Map(
    events.map(({ id, parents }) => {
      const before = { ...id, sequence: id.sequence - 1 };
      const all = id.sequence === 1 ? parents : [...parents, before];
      return [eventName(id), all.map(eventName)];
    }),
  );
  const parents = (name: string): string[] => parentsOf.get(name) ?? [];
  const causes = (name: string): Set<string> =>
    new Set([name, ...parents(name).flatMap((parent) => [...causesOnce(parent)])]);
  const known = new Map<string, Set<string>>();
  const causesOnce = (name: string): Set<string> => {
    const found = known.get(name) ?? causes(name);
    known.set(name, found);
    return found;
  };
  const effects = (name: string): Set<string> =>
    new Set(names.filter((each) => causesOnce(each).has(name)));
  return { names, parents, causes: causesOnce, effects };
}

function blocksOf(events: readonly JournalEvent[]): EventBlock[] {
  const writer = new JournalWriter();
  const reader = new JournalReader();
  const blocks: EventBlock[] = [];
  const flush = (): void => {
    blocks.push(...reader.push(writer.flush() ?? new Uint8Array(0)));
  };
  for (const [index, event] of events.entries()) {
    if (writer.isFull || index % 7 === 6) flush();
    writer.add(event);
  }
  flush();
  return blocks;
}
