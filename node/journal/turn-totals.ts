import type { EventScribe } from "../../base/journal/event-scribe.ts";
import type { EventDetail, EventKind } from "../../base/journal/journal-event.ts";

/** Different sums in one turn: kinds of frames times members stay far below. */
const TOTAL_COUNT_MAX = 256;

interface Total {
  readonly kind: EventKind;
  readonly detail: EventDetail;
  count: number;
  bytes: number;
}

/**
 * Sums of what happens many times in a turn. They become events when the turn ends, or before the
 * next event of another kind, so that the order of causes is kept.
 */
export class TurnTotals {
  readonly #scribe: EventScribe;
  readonly #totals = new Map<string, Total>();

  constructor(scribe: EventScribe) {
    this.#scribe = scribe;
  }

  /** Counts one more frame; false: there is no sum of its kind yet. */
  more(kind: EventKind, type: string, peer: string, bytes: number): boolean {
    if (this.#totals.size === 0) return false;
    const total = this.#totals.get(`${kind} ${type} ${peer}`);
    if (total === undefined) return false;
    total.count++;
    total.bytes += bytes;
    return true;
  }

  /** One more of what this detail tells; the first one's detail is kept. */
  add(kind: EventKind, detail: EventDetail, bytes = 0): void {
    const { type, peer, what } = detail;
    const key =
      type === undefined ? `${kind} ${String(what)}` : `${kind} ${String(type)} ${String(peer)}`;
    const total = this.#totals.get(key);
    if (total !== undefined) {
      total.count++;
      total.bytes += bytes;
      return;
    }
    if (this.#totals.size >= TOTAL_COUNT_MAX) this.flush();
    this.#totals.set(key, { kind, detail, count: 1, bytes });
  }

  flush(): void {
    if (this.#totals.size === 0) return;
    for (const { kind, detail, count, bytes } of this.#totals.values()) {
      this.#scribe.note(kind, bytes === 0 ? { ...detail, count } : { ...detail, count, bytes });
    }
    this.#totals.clear();
  }
}
