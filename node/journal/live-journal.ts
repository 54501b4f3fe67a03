import type { JournalSink } from "../../base/journal/event-scribe.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import type { Tally } from "../metrics/tally.ts";
import type { JournalDoor } from "./journal-door.ts";
import { JOURNAL_FLUSH_MS, JOURNAL_LIVE_FLUSH_MS } from "./limits.ts";
import type { SegmentFolder } from "./segment-folder.ts";

/** A replica's events on their way into blocks, and the blocks on theirs to disk and subscribers. */
export class LiveJournal implements JournalSink {
  readonly #drops: Tally;
  #writer = new JournalWriter();
  readonly #segments: SegmentFolder;
  readonly #door: JournalDoor;
  #timer: NodeJS.Timeout | undefined;
  eventCount = 0;

  constructor(segments: SegmentFolder, door: JournalDoor, drops: Tally) {
    this.#drops = drops;
    this.#segments = segments;
    this.#door = door;
    door.onSubscribed = () => this.#flush();
  }

  take(event: JournalEvent): void {
    this.eventCount++;
    this.#add(event);
    if (this.#writer.isFull) this.#flush();
    else if (this.#timer === undefined) {
      const ms = this.#door.count > 0 ? JOURNAL_LIVE_FLUSH_MS : JOURNAL_FLUSH_MS;
      this.#timer = setTimeout(() => this.#flush(), ms);
      this.#timer.unref();
    }
  }

  /** What was noted goes to the disk and to who reads now. */
  flush(): void {
    this.#flush();
  }

  async close(): Promise<void> {
    this.#flush();
    await this.#door.close();
    await this.#segments.close();
  }

  /** An event that cannot be written is our mistake, and still no reason to end a replica. */
  #add(event: JournalEvent): void {
    try {
      this.#writer.add(event);
    } catch {
      // What it had begun to write spoils the block.
      this.#drops.add("journal-event-unwritable", this.#writer.eventCount + 1);
      this.#writer = new JournalWriter();
    }
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
