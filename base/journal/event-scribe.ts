import type { CauseHint } from "./cause-hint.ts";
import { clipDetail } from "./clip-detail.ts";
import type {
  EventAuthor,
  EventDetail,
  EventId,
  EventKind,
  EventTime,
  JournalEvent,
} from "./journal-event.ts";
import { compareTimes } from "./journal-event.ts";
import { PARENT_COUNT_MAX, TIME_COUNTER_MAX, TIME_MILLISECONDS_MAX } from "./limits.ts";

/** Where events go: a file, a stream, a checker, the viewer. Must not throw. */
export interface JournalSink {
  take(event: JournalEvent): void;
}

export interface EventScribeOptions {
  readonly author: EventAuthor;
  /** Milliseconds since 1970 by the author's own clock, which may jump. */
  readonly nowMs: () => number;
  /** Others' time further ahead of the author's clock than this moves nothing. */
  readonly aheadMsMax: number;
  /** Where the author's incarnation before ended: time goes on from there. */
  readonly floor?: EventTime | undefined;
}

/**
 * One author's pen. Numbers its events, gives them a hybrid time (Kulkarni et al., 2014) that is
 * later than everything that they follow from, and names as parents whom it heard since the last.
 *
 * 1. Sequences are 1, 2, 3 …
 * 2. An event's time is later than that of the event before and of each parent.
 * 3. A parent is the newest event of another author that was heard of, and is named once.
 * 4. A hint that would carry the time further ahead than `aheadMsMax` is neither heard nor named.
 */
export class EventScribe {
  readonly author: EventAuthor;
  /** Hints that were too far ahead. */
  refusedCount = 0;
  readonly #options: EventScribeOptions;
  readonly #sink: JournalSink;
  /** The newest event of each other author that was heard of. */
  readonly #heard = new Map<string, EventId>();
  /** Those of them that no event names yet. */
  #parents: EventId[] = [];
  #sequence = 0;
  #milliseconds = 0;
  #counter = 0;

  constructor(options: EventScribeOptions, sink: JournalSink) {
    this.author = options.author;
    this.#options = options;
    this.#sink = sink;
    this.#advanceTo(options.floor ?? { milliseconds: 0, counter: 0 });
  }

  get time(): EventTime {
    return { milliseconds: this.#milliseconds, counter: this.#counter };
  }

  /** Of the newest event; 0 before the first. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The newest event, for a frame to name; undefined before the first. */
  get hint(): CauseHint | undefined {
    if (this.#sequence === 0) return undefined;
    const { incarnation } = this.author;
    return { incarnation, sequence: this.#sequence, ...this.time };
  }

  note(kind: EventKind, detail: EventDetail): void {
    this.#tick();
    this.#sequence++;
    let parents: readonly EventId[] = NO_PARENTS;
    if (this.#parents.length > 0) {
      parents = this.#parents;
      this.#parents = [];
    }
    this.#sink.take({
      id: { author: this.author, sequence: this.#sequence },
      hlc: this.time,
      kind,
      parents,
      detail: clipDetail(detail),
    });
  }

  /**
   * A frame came from this author, and names the newest of its events. Of itself an author hears
   * only where its incarnation before ended.
   */
  heard(name: string, hint: CauseHint): void {
    if (name === this.author.name && hint.incarnation >= this.author.incarnation) return;
    const { incarnation, sequence } = hint;
    const known = this.#heard.get(name);
    if (known !== undefined && !isNewer(hint, known)) return;
    if (compareTimes(hint, this.time) > 0) {
      if (hint.milliseconds > this.#options.nowMs() + this.#options.aheadMsMax) {
        this.refusedCount++;
        return;
      }
      this.#advanceTo(hint);
    }
    const author = known?.author.incarnation === incarnation ? known.author : { name, incarnation };
    const id = { author, sequence };
    this.#heard.set(name, id);
    const at = known === undefined ? -1 : this.#parents.indexOf(known);
    if (at >= 0) this.#parents[at] = id;
    else if (this.#parents.length < PARENT_COUNT_MAX) this.#parents.push(id);
  }

  #advanceTo({ milliseconds, counter }: EventTime): void {
    this.#milliseconds = milliseconds;
    this.#counter = counter;
  }

  #tick(): void {
    const nowMs = Math.min(Math.floor(this.#options.nowMs()), TIME_MILLISECONDS_MAX);
    if (nowMs > this.#milliseconds) this.#advanceTo({ milliseconds: nowMs, counter: 0 });
    else if (this.#counter < TIME_COUNTER_MAX) this.#counter++;
    else this.#advanceTo({ milliseconds: this.#milliseconds + 1, counter: 0 });
  }
}

const NO_PARENTS: readonly EventId[] = [];

function isNewer(hint: CauseHint, known: EventId): boolean {
  const { incarnation } = known.author;
  if (hint.incarnation !== incarnation) return hint.incarnation > incarnation;
  return hint.sequence > known.sequence;
}
