import { EventScribe } from "../../../base/journal/event-scribe.ts";
import type { JournalEvent } from "../../../base/journal/journal-event.ts";
import { JournalWriter } from "../../../base/journal/journal-writer.ts";
import { FEED_FLUSH_MS, FEED_REQUESTS_A_FLUSH_MAX } from "../limits.ts";
import type { Told } from "../traffic.ts";
import { requestEvents } from "./request-events.ts";
import type { Noted } from "./request-events.ts";
import { RequestSample } from "./request-sample.ts";

/** Who listens. */
export interface FeedAudience {
  readonly count: number;
  publish(block: Uint8Array, eventCount: number): void;
}

/**
 * Each request that was answered, as two events, for as long as somebody listens; without a
 * listener a request costs one comparison, because a hit takes less time than a note of it.
 *
 * 1. Of one window's requests at most {@link FEED_REQUESTS_A_FLUSH_MAX} are told; an event of kind
 *    "answer" with `what: "left out"` counts the others.
 * 2. Events are in order of time. A request that began before the window did is told at its beginning;
 *    how long it took stands in its answer.
 */
export class RequestFeed {
  readonly #audience: FeedAudience;
  readonly #sample = new RequestSample(FEED_REQUESTS_A_FLUSH_MAX, Math.random);
  readonly #scribe: EventScribe;
  #writer = new JournalWriter();
  #eventMs = 0;
  #isWaiting = false;

  constructor(audience: FeedAudience) {
    this.#audience = audience;
    this.#scribe = new EventScribe(
      {
        author: { name: "gateway", incarnation: Date.now() },
        nowMs: () => this.#eventMs,
        // It hears of nobody.
        aheadMsMax: 0,
      },
      { take: (event) => this.#add(event) },
    );
  }

  take(told: Told): void {
    if (this.#audience.count === 0) return;
    this.#sample.add(told);
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    setTimeout(() => this.#flush(), FEED_FLUSH_MS).unref();
  }

  /** An event that cannot be written is our mistake, and still no reason to end a gateway. */
  #add(event: JournalEvent): void {
    try {
      this.#writer.add(event);
    } catch {
      // What it had begun to write spoils the block.
      this.#writer = new JournalWriter();
    }
  }

  #flush(): void {
    this.#isWaiting = false;
    const { chosen, leftOut } = this.#sample.take();
    const noted = chosen.flatMap(requestEvents);
    if (leftOut.count > 0) {
      noted.push({ atMs: Date.now(), kind: "answer", detail: { what: "left out", ...leftOut } });
    }
    noted.sort((left, right) => left.atMs - right.atMs);
    for (const one of noted) this.#note(one);
    const { eventCount } = this.#writer;
    const block = this.#writer.flush();
    // The writer goes on writing into the same memory.
    if (block !== undefined) this.#audience.publish(block.slice(), eventCount);
  }

  #note({ atMs, kind, detail }: Noted): void {
    this.#eventMs = atMs;
    this.#scribe.note(kind, detail);
  }
}
