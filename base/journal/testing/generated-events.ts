import fc from "fast-check";
import { EVENT_KINDS } from "../journal-event.ts";
import type { EventDetail, EventId, JournalEvent, RecordingHeader } from "../journal-event.ts";
import { TIME_COUNTER_MAX, TIME_MILLISECONDS_MAX } from "../limits.ts";

const authors = fc.record({
  name: fc.constantFrom("replica-0", "replica-1", "replica-2", "client-3", "world", "größe"),
  incarnation: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constant(1_790_000_000)),
});

const ids: fc.Arbitrary<EventId> = fc.record({
  author: authors,
  sequence: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 40 })),
});

const values: fc.Arbitrary<string | number | boolean> = fc.oneof(
  fc.string({ maxLength: 40, unit: "grapheme" }),
  fc.constantFrom("0123456789abcdef", "0123456789ABCDEF", "", "true"),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.boolean(),
);

const details: fc.Arbitrary<EventDetail> = fc.dictionary(
  fc.constantFrom(
    "epoch",
    "view",
    "sequence",
    "digest",
    "peer",
    "what",
    "latencyMs",
    "constructor",
  ),
  values,
  { maxKeys: 8, noNullPrototype: true },
);

/** Anything that the format can hold. */
export const anyEvent: fc.Arbitrary<JournalEvent> = fc.record({
  id: ids,
  hlc: fc.record({
    milliseconds: fc.oneof(
      fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
      fc.integer({ min: 0, max: TIME_MILLISECONDS_MAX }),
    ),
    counter: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: TIME_COUNTER_MAX })),
  }),
  kind: fc.constantFrom(...EVENT_KINDS),
  parents: fc.array(ids, { maxLength: 5 }),
  detail: details,
});

export const anyHeader: fc.Arbitrary<RecordingHeader> = fc.record({
  origin: fc.constantFrom("live", "simulation", "chaos"),
  title: fc.string({ maxLength: 30, unit: "grapheme" }),
  memberCount: fc.integer({ min: 0, max: 256 }),
  faultyMax: fc.integer({ min: 0, max: 85 }),
  names: fc.array(fc.string({ maxLength: 12, unit: "grapheme" }), { maxLength: 12 }),
  seed: fc.option(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1 }), { nil: undefined }),
});
