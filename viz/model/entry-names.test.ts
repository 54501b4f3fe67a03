import { expect, it } from "vitest";
import type { EventDetail, EventKind } from "../../base/journal/journal-event.ts";
import { generatedHeader } from "../../base/journal/testing/generated-tape.ts";
import { entryNamesOf, wroteProof } from "./entry-names.ts";
import { EventTable } from "./event-table.ts";
import { Recording } from "./recording.ts";

const KEY = "0123456789abcdef";

function recordingOf(...events: readonly (readonly [EventKind, EventDetail])[]): Recording {
  const table = new EventTable(
    generatedHeader({ memberCount: 4, clientCount: 0, instanceCount: 0, seed: 1 }),
  );
  for (const [at, [kind, detail]] of events.entries()) {
    table.append({
      id: { author: { name: "replica-0", incarnation: 1 }, sequence: at + 1 },
      hlc: { milliseconds: 1000 + at, counter: 0 },
      kind,
      parents: [],
      detail,
    });
  }
  return new Recording(table);
}

it("tells sequences that wrote a proof from those that did not", () => {
  const recording = recordingOf(
    ["executed", { sequence: 1, writes: 2, proofs: 1 }],
    ["executed", { sequence: 2, writes: 1 }],
    ["voted", { sequence: 3, view: 0, digest: KEY }],
  );
  const { instances } = recording;
  expect([1, 2, 3].map((slot) => wroteProof(recording, instances.find(slot)!))).toEqual([
    ...[true, false, false],
  ]);
});

it("finds the entries of a vote in what its sequence wrote, and takes no other words", () => {
  const recording = recordingOf(
    ["voted", { sequence: 7, view: 0, digest: KEY }],
    ["executed", { sequence: 7, keys: `team-a/${KEY} nonsense default/${KEY.toUpperCase()}` }],
    ["request", { namespace: "team-a", key: KEY }],
    ["request", { namespace: "team-a", key: "short" }],
  );
  expect([0, 1, 2, 3].map((row) => entryNamesOf(recording, row))).toEqual([
    [{ namespace: "team-a", key: KEY }],
    [{ namespace: "team-a", key: KEY }],
    [{ namespace: "team-a", key: KEY }],
    [],
  ]);
});
