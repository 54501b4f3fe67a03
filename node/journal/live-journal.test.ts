import { describe, expect, it } from "vitest";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { JournalReader } from "../../base/journal/journal-reader.ts";
import { BLOCK_EVENT_COUNT_MAX } from "../../base/journal/limits.ts";
import { Tally } from "../metrics/tally.ts";
import type { JournalDoor } from "./journal-door.ts";
import { LiveJournal } from "./live-journal.ts";
import type { SegmentFolder } from "./segment-folder.ts";

describe("a live journal", () => {
  it("gives disk and subscribers the same blocks, the last one when it closes", async () => {
    const { journal, written, published } = open();
    for (let sequence = 1; sequence <= BLOCK_EVENT_COUNT_MAX + 3; sequence++) {
      journal.take(event(sequence));
    }
    expect(written).toHaveLength(1);
    await journal.close();
    expect(published).toEqual(written);
    expect(sequencesOf(written)).toHaveLength(BLOCK_EVENT_COUNT_MAX + 3);
  });

  it("gives a new subscriber's stream a block's beginning to begin at", () => {
    const { journal, door, written } = open();
    journal.take(event(1));
    door.onSubscribed();
    expect(sequencesOf(written)).toEqual([1]);
  });

  it("lives through an event that cannot be written, and counts what it cost", async () => {
    const { journal, written, drops } = open();
    journal.take(event(1));
    journal.take({ ...event(2), detail: { "no name": 1 } });
    journal.take(event(3));
    await journal.close();
    expect(sequencesOf(written)).toEqual([3]);
    expect(drops.get("journal-event-unwritable")).toBe(2);
  });
});

function open(): {
  journal: LiveJournal;
  door: JournalDoor;
  written: Uint8Array[];
  published: Uint8Array[];
  drops: Tally;
} {
  const written: Uint8Array[] = [];
  const published: Uint8Array[] = [];
  const drops = new Tally();
  const close = (): Promise<void> => Promise.resolve();
  const segments = { append: (block: Uint8Array) => written.push(block), close };
  const door = {
    count: 0,
    publish: (block: Uint8Array) => published.push(block),
    onSubscribed: () => undefined,
    close,
  } as unknown as JournalDoor;
  const journal = new LiveJournal(segments as unknown as SegmentFolder, door, drops);
  return { journal, door, written, published, drops };
}

function event(sequence: number): JournalEvent {
  return {
    id: { author: { name: "replica-0", incarnation: 1 }, sequence },
    hlc: { milliseconds: 5, counter: sequence },
    kind: "voted",
    parents: [],
    detail: { view: 1 },
  };
}

function sequencesOf(blocks: readonly Uint8Array[]): number[] {
  const reader = new JournalReader();
  const decoded = blocks.flatMap((block) => reader.push(block));
  return decoded.flatMap((block) => [...block.events()].map(({ id }) => id.sequence));
}
