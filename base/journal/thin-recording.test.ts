import { expect, it } from "vitest";
import { eventName } from "./journal-event.ts";
import type { JournalEvent, RecordingHeader } from "./journal-event.ts";
import { JournalReader } from "./journal-reader.ts";
import { generatedEvents, generatedRecording } from "./testing/generated-tape.ts";
import type { TapeOptions } from "./testing/generated-tape.ts";
import { RecordingThinner } from "./thin-recording.ts";

const OPTIONS: TapeOptions = {
  ...{ memberCount: 4, clientCount: 2, instanceCount: 600, seed: 5 },
  troubles: [{ at: 300, what: "kill-primary" }],
};
const bytes = new Uint8Array(Buffer.concat([...generatedRecording(OPTIONS)]));
const all = [...generatedEvents(OPTIONS)];
const ALWAYS = new Set(["crash", "restart", "view-change", "new-view"] as const);

function thin(
  level: number,
  pieceSize = 10_000,
): { readonly events: readonly JournalEvent[]; readonly header: RecordingHeader | undefined } {
  const thinner = new RecordingThinner({ level, always: ALWAYS });
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += pieceSize) {
    pieces.push(...thinner.push(bytes.slice(at, at + pieceSize)));
  }
  const reader = new JournalReader();
  const events = [...pieces, ...thinner.end()].flatMap((piece) =>
    reader.push(piece).flatMap((block) => [...block.events()]),
  );
  reader.end();
  expect(reader.gapCount).toBe(0);
  return { events, header: reader.header };
}

const names = (events: readonly JournalEvent[]): string[] => events.map(({ id }) => eventName(id));

it("keeps everything at level 0, in whatever pieces it comes", () => {
  const { events, header } = thin(0, 777);
  expect(events).toEqual(all);
  expect(header).toMatchObject({ title: "generated from seed 5", memberCount: 4 });
});

it.each([1, 2, 4])(
  "keeps about one of 2^%i, and nothing that a finer level leaves out",
  (level) => {
    const { events } = thin(level);
    expect(events.length / all.length).toBeGreaterThan(0.6 / 2 ** level);
    expect(events.length / all.length).toBeLessThan(1.6 / 2 ** level);
    const finer = new Set(names(thin(level - 1).events));
    expect(names(events).filter((name) => !finer.has(name))).toEqual([]);
  },
);

it("keeps a consensus sequence with all of its events, or none of them", () => {
  const slotsOf = (events: readonly JournalEvent[]): Map<unknown, number> => {
    const counts = new Map<unknown, number>();
    for (const { kind, detail } of events) {
      if (kind !== "voted" && kind !== "committed") continue;
      counts.set(detail["sequence"], (counts.get(detail["sequence"]) ?? 0) + 1);
    }
    return counts;
  };
  const whole = slotsOf(all);
  const kept = slotsOf(thin(3).events);
  // A first event of its author is kept whatever it is.
  const partly = [...kept].filter(([slot, count]) => whole.get(slot) !== count);
  expect(partly.length).toBeLessThanOrEqual(1);
  expect(kept.size).toBeGreaterThan(20);
});

it("keeps what is named, and each author's first event, at every level", () => {
  const kept = new Set(names(thin(30).events));
  const named = all.filter(({ kind }) => (ALWAYS as ReadonlySet<string>).has(kind));
  expect(named.length).toBeGreaterThan(3);
  expect(names(named).filter((name) => !kept.has(name))).toEqual([]);
  const authors = new Set(all.map(({ id }) => `${id.author.name}#${id.author.incarnation}`));
  expect(kept.size).toBeGreaterThanOrEqual(authors.size);
  expect(kept.size).toBeLessThanOrEqual(authors.size + named.length + 2);
});
