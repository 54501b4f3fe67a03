import { alg } from "@dagrejs/graphlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CausalGraph } from "../../base/journal/causal-graph.ts";
import type { EventBlock } from "../../base/journal/event-block.ts";
import { EventScribe } from "../../base/journal/event-scribe.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { eventName } from "../../base/journal/journal-event.ts";
import { JournalReader } from "../../base/journal/journal-reader.ts";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import { ANSWER_EVENT_COUNT_MAX, answerGraph, shapeOf } from "./answer-graph.ts";

const AUTHOR_COUNT = 5;
const ALL = 1_000_000;

type Conversation = readonly (readonly [from: number, to: number])[];

const conversations: fc.Arbitrary<Conversation> = fc.array(
  fc.tuple(fc.nat(AUTHOR_COUNT - 1), fc.nat(AUTHOR_COUNT - 1)),
  { minLength: 1, maxLength: 80 },
);

describe("an answer as a graph", () => {
  it("tells of causes, effects and paths what the typed arrays tell", () => {
    fc.assert(
      fc.property(conversations, fc.nat(), fc.nat(), (conversation, first, second) => {
        const journals = converse(conversation);
        const [from, to] = [first % journals.size, second % journals.size] as const;
        const graph = answerGraph(journals, all(journals))!;
        const name = (event: number): string => eventName(journals.event(event).id);
        expect(alg.isAcyclic(graph)).toBe(true);
        const reached = alg.preorder(graph, [name(from)]);
        expect(new Set(reached)).toEqual(new Set(journals.effects(from, ALL).events.map(name)));
        const causes = Object.entries(
          alg.dijkstra(graph, name(from), undefined, (node) => graph.inEdges(node) ?? []),
        )
          .filter(([, { distance }]) => distance < Infinity)
          .map(([node]) => node);
        expect(new Set(causes)).toEqual(new Set(journals.history(from, ALL).events.map(name)));
        const steps = journals.path(from, to);
        const { distance } = alg.dijkstra(graph, name(from))[name(to)]!;
        expect(distance).toBe(steps === undefined ? Infinity : steps.length - 1);
      }),
      { numRuns: 60 },
    );
  });

  it("has the edges between its own events only, and says where it begins and ends", () => {
    const journals = converse([
      [0, 1],
      [1, 2],
      [2, 2],
    ]);
    const shape = shapeOf(answerGraph(journals, [0, 1, 2])!);
    expect(shape.edges).toHaveLength(2);
    expect(shape.first).toEqual([eventName(journals.event(0).id)]);
    expect(shape.last).toEqual([eventName(journals.event(2).id)]);
  });

  it("holds a chain as long as may be, which the library can still walk, and none longer", () => {
    const journals = converse(
      Array.from({ length: ANSWER_EVENT_COUNT_MAX }, (_, at) =>
        at % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const),
      ),
    );
    const longest = all(journals).slice(0, ANSWER_EVENT_COUNT_MAX);
    const graph = answerGraph(journals, longest)!;
    expect(graph.nodeCount()).toBe(ANSWER_EVENT_COUNT_MAX);
    expect(alg.topsort(graph)).toHaveLength(ANSWER_EVENT_COUNT_MAX);
    expect(answerGraph(journals, [...longest, 0])).toBeUndefined();
  });
});

function all(journals: CausalGraph): number[] {
  return Array.from({ length: journals.size }, (_, event) => event);
}

/** Each pair is a message: told by the one, heard by the other, whose next event follows from it. */
function converse(conversation: Conversation): CausalGraph {
  const events: JournalEvent[] = [];
  let nowMs = 0;
  const sink = { take: (event: JournalEvent): number => events.push(event) };
  const scribes = Array.from({ length: AUTHOR_COUNT }, (_, index) => {
    const author = { name: `replica-${index}`, incarnation: 1 };
    return new EventScribe({ author, nowMs: () => nowMs, aheadMsMax: 500 }, sink);
  });
  for (const [from, to] of conversation) {
    nowMs++;
    const teller = scribes[from]!;
    teller.note("sent", {});
    if (teller.hint !== undefined) scribes[to]!.heard(teller.author.name, teller.hint);
  }
  return new CausalGraph(blocksOf(events));
}

function blocksOf(events: readonly JournalEvent[]): EventBlock[] {
  const writer = new JournalWriter();
  const reader = new JournalReader();
  const blocks: EventBlock[] = [];
  const flush = (): void => {
    blocks.push(...reader.push(writer.flush() ?? new Uint8Array(0)));
  };
  for (const event of events) {
    if (writer.isFull) flush();
    writer.add(event);
  }
  flush();
  return blocks;
}
