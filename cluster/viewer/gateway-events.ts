import type { EventDetail, EventKind, JournalEvent } from "../../base/journal/journal-event.ts";
import type { NodeSample } from "./node-poller.ts";

/**
 * A gateway as events, where it does not tell its requests to this collector: each second in which
 * it did something, what it was asked and what it answered, by the differences of its own counters.
 */
export class GatewayEvents {
  readonly #incarnation: number;
  readonly #before = new Map<string, Readonly<Record<string, number>>>();
  readonly #sequences = new Map<string, number>();

  /** `incarnation` is the collector's, which is who counts here. */
  constructor(incarnation: number) {
    this.#incarnation = incarnation;
  }

  /** The events of this second, in order. */
  of({ name, atMs, values }: NodeSample): JournalEvent[] {
    const before = this.#before.get(name);
    this.#before.set(name, values);
    if (before === undefined) return [];
    const grown: Record<string, number> = {};
    for (const [key, value] of Object.entries(values)) {
      // A gateway that began anew counts from 0 again.
      const by = value - (before[key] ?? 0);
      if (by > 0) grown[key] = by;
    }
    const [puts, hits, misses] = [grown["puts"] ?? 0, grown["hits"] ?? 0, grown["misses"] ?? 0];
    const events: JournalEvent[] = [];
    if (puts > 0) events.push(this.#event(name, atMs, "request", { what: "puts", count: puts }));
    if (hits + misses > 0) {
      const detail = { what: sayWhat(grown), count: hits + misses, hits, misses };
      events.push(this.#event(name, atMs, "answer", detail));
    }
    return events;
  }

  #event(name: string, atMs: number, kind: EventKind, detail: EventDetail): JournalEvent {
    const sequence = (this.#sequences.get(name) ?? 0) + 1;
    this.#sequences.set(name, sequence);
    return {
      id: { author: { name, incarnation: this.#incarnation }, sequence },
      hlc: { milliseconds: atMs, counter: 0 },
      kind,
      parents: [],
      detail,
    };
  }
}

/** "3 hits in l1, 2 misses: absent". */
function sayWhat(grown: Readonly<Record<string, number>>): string {
  const parts: string[] = [];
  for (const [key, count] of Object.entries(grown)) {
    const [what, which] = key.split(":");
    if (which === undefined) continue;
    if (what === "hits") parts.push(`${count} hits in ${which}`);
    else if (what === "misses") parts.push(`${count} misses: ${which}`);
    else if (what === "door hits") parts.push(`${count} hits at the door ${which}`);
    else if (what === "door misses") parts.push(`${count} misses at the door ${which}`);
  }
  return parts.join(", ");
}
