import { Graph } from "@dagrejs/graphlib";
import type { CausalGraph } from "../../base/journal/causal-graph.ts";
import { eventName } from "../../base/journal/journal-event.ts";

/** The library walks by recursion, which a chain of some 2,400 events overflows. */
export const ANSWER_EVENT_COUNT_MAX = 2_000;

/** How the events of an answer hang together: all are called by their names. */
export interface AnswerShape {
  readonly edges: readonly (readonly [cause: string, effect: string])[];
  /** Without a cause in the answer. */
  readonly first: readonly string[];
  /** Without an effect in it. */
  readonly last: readonly string[];
}

/**
 * An answer as a graph of its own: its events, and which was a direct cause of which. Whole journals
 * are typed arrays (base/journal/causal-graph.ts); this is for what a person or a program looks at.
 *
 * @returns undefined when there are more than ANSWER_EVENT_COUNT_MAX
 */
export function answerGraph(journals: CausalGraph, events: readonly number[]): Graph | undefined {
  if (events.length > ANSWER_EVENT_COUNT_MAX) return undefined;
  const graph = new Graph({ directed: true });
  const nameOf = (event: number): string => eventName(journals.event(event).id);
  const shown = new Map(events.map((event) => [event, nameOf(event)]));
  for (const name of shown.values()) graph.setNode(name);
  for (const [event, name] of shown) {
    for (const cause of journals.causesOf(event)) {
      const from = shown.get(cause);
      if (from !== undefined) graph.setEdge(from, name);
    }
  }
  return graph;
}

export function shapeOf(graph: Graph): AnswerShape {
  return {
    edges: graph.edges().map(({ v, w }) => [v, w] as const),
    first: graph.sources(),
    last: graph.sinks(),
  };
}
