import type { JournalSink } from "../../base/journal/event-scribe.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import type { JournalDoor } from "./journal-door.ts";
import { JOURNAL_FLUSH_MS, JOURNAL_LIVE_FLUSH_MS } from "./limits.ts";
import type { SegmentFolder } from "./segment-folder.ts";

/** A replica's events on their way into blocks, and the blocks on theirs to disk and subscribers. */
export class LiveJournal implements JournalSink {
  readonly #writer = new JournalWriter();
  readonly #segments: SegmentFolder;
  readonly #door: JournalDoor;
  #timer: NodeJS.Timeout | undefined;
  eventCount = 0;

  constructor(segments: SegmentFolder, door: JournalDoor) {
    this.#segments = segments;
    this.#door = door;
    door.onSubscribed = () => this.#flush();
  }

  take(event: JournalEvent): void {
    this.eventCount++;
    this.#writer.add(event);
    if (this.#writer.isFull) this.#flush();
    else if (this.#timer === undefined) {
      const ms = this.#door.count > 0 ? JOURNAL_LIVE_FLUSH_MS : JOURNAL_FLUSH_MS;
      this.#timer = setTimeout(() => this.#flush(), ms);
      this.#timer.unref();
    }
  }

  async close(): Promise<void> {
    this.#flush();
    await this.#door.close();
    await this.#segments.close();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { eventCount } = this.#writer;
    const block = this.#writer.flush();
    if (block === undefined) return;
    this.#segments.append(block);
    this.#door.publish(block, eventCount);
  }
}
