import { QuorateError } from "../../base/quorate-error.ts";
import type { CausalGraph } from "../../base/journal/causal-graph.ts";
import { eventName, parseEventName } from "../../base/journal/journal-event.ts";

/** Details that name a thing that people look for. */
const KEYS = ["key", "keys", "name", "digest", "root"] as const;

/**
 * The event of this name ("replica-0#1:17").
 *
 * @throws QuorateError EVENT_UNKNOWN
 */
export function eventCalled(graph: CausalGraph, text: string): number {
  const id = parseEventName(text);
  const index = id && graph.indexOf(id);
  if (index !== undefined) return index;
  throw new QuorateError(
    "EVENT_UNKNOWN",
    id === undefined ? `${text} is no event's name` : `no journal here has the event ${text}`,
    "an event is called AUTHOR#INCARNATION:SEQUENCE, like replica-0#1:17; `causal history KEY` prints names",
  );
}

/**
 * The event of this name, or the last one that tells of this key: a name that was put, part of a
 * key ("namespace/0123456789abcdef") or of a digest, of four letters at least.
 *
 * @throws QuorateError EVENT_UNKNOWN
 */
export function eventAbout(graph: CausalGraph, text: string): number {
  if (parseEventName(text) !== undefined) return eventCalled(graph, text);
  for (let index = graph.size - 1; index >= 0 && text.length >= 4; index--) {
    const { detail } = graph.event(index);
    if (KEYS.some((name) => String(detail[name] ?? "").includes(text))) return index;
  }
  throw new QuorateError(
    "EVENT_UNKNOWN",
    `no journal here tells of ${text}`,
    "name an event (replica-0#1:17), a key or digest by four letters or more; a batch names its first keys only",
  );
}

export function nameOf(graph: CausalGraph, index: number): string {
  return eventName(graph.event(index).id);
}
