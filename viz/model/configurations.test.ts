import { expect, it } from "vitest";
import type { EventDetail, EventKind, JournalEvent } from "../../base/journal/journal-event.ts";
import { generatedHeader } from "../../base/journal/testing/generated-tape.ts";
import { EventTable } from "./event-table.ts";
import { explainInstance } from "./explain-instance.ts";
import { hasMember } from "./instances.ts";
import { Recording } from "./recording.ts";

const SEQUENCES = new Map<string, number>();

function note(who: string, atMs: number, kind: EventKind, detail: EventDetail): JournalEvent {
  const sequence = (SEQUENCES.get(who) ?? 0) + 1;
  SEQUENCES.set(who, sequence);
  return {
    id: { author: { name: who, incarnation: 1 }, sequence },
    hlc: { milliseconds: atMs, counter: 0 },
    kind,
    parents: [],
    detail,
  };
}

const votes = (who: string, atMs: number, sequence: number, epoch: number): JournalEvent =>
  note(who, atMs, "voted", { epoch, view: 0, sequence, digest: "ab" });

const epoch = (who: string, atMs: number, what: string, members: string, at = 1): JournalEvent =>
  note(who, atMs, "epoch", { what, epoch: at, sequence: 128 * at, members, faultyMax: 1 });

/** replica-4 joins and replica-0 leaves at 128, replica-3 leaves at 256. */
function changed(): Recording {
  SEQUENCES.clear();
  const table = new EventTable(
    generatedHeader({ memberCount: 4, clientCount: 0, instanceCount: 0, seed: 1 }),
  );
  const events = [
    ...[0, 1, 2, 3].map((member) => votes(`replica-${member}`, 1000 + member, 128, 0)),
    note("replica-0", 1900, "epoch", { what: "leaves", epoch: 0 }),
    ...[1, 2, 3, 4].map((member) => epoch(`replica-${member}`, 2000 + member, "begins", "1 2 3 4")),
    ...[2, 4].map((member) => votes(`replica-${member}`, 2100, 129, 1)),
    epoch("replica-1", 3000, "begins", "1 2 4", 2),
  ];
  for (const event of events) table.append(event);
  return new Recording(table);
}

it("knows who votes on each sequence, and how many are enough", () => {
  const { configurations } = changed();
  const told = (slot: number): string => {
    const { epoch, members, quorum } = configurations.of(slot);
    return `${epoch}: ${quorum} of ${members.join(" ")}`;
  };
  expect([1, 128, 129, 256, 257].map(told)).toEqual([
    "0: 3 of 0 1 2 3",
    "0: 3 of 0 1 2 3",
    "1: 3 of 1 2 3 4",
    "1: 3 of 1 2 3 4",
    "2: 3 of 1 2 4",
  ]);
  expect(configurations.all.map(({ beganAt }) => beganAt)).toEqual([undefined, 2001, 3000]);
});

it("misses nobody who has left, and whoever has joined", () => {
  const recording = changed();
  const { missing, needed } = explainInstance(recording, recording.instances.find(129)!);
  expect(missing).toEqual(["replica-1", "replica-3"]);
  expect(needed).toBe(1);
});

it("shows as no member who has not joined yet, and who has left", () => {
  const { health, table } = changed();
  const shown = (name: string): string[] =>
    [1500, 2500, 3500].map((time) => health.at(table.authors.laneNamed(name) as number, time));
  expect(shown("replica-0")).toEqual(["up", "outside", "outside"]);
  expect(shown("replica-3")).toEqual(["up", "up", "outside"]);
  expect(shown("replica-4")).toEqual(["outside", "up", "up"]);
  const lane = table.authors.laneNamed("replica-4") as number;
  expect(health.downSpans(lane)).toEqual([[-Infinity, 2001]]);
});

it("knows them still when their events are gone", () => {
  const recording = changed();
  recording.dropFront(recording.table.count - 1);
  expect(recording.configurations.of(129).members).toEqual([1, 2, 3, 4]);
  expect(recording.configurations.newest.members).toEqual([1, 2, 4]);
});

it("is told by a collector what no event says, and when that was by events if there are any", () => {
  const recording = changed();
  recording.takeConfigurations([
    { epoch: 2, boundary: 256, members: [1, 2, 4], faultyMax: 1 },
    { epoch: 3, boundary: 384, members: [1, 2, 4, 5], faultyMax: 1 },
  ]);
  recording.settle();
  const { all, newest } = recording.configurations;
  expect(all.map(({ beganAt }) => beganAt)).toEqual([undefined, 2001, 3000, undefined]);
  expect(newest).toMatchObject({ members: [1, 2, 4, 5], quorum: 3 });
});

it("knows nothing of one whom no configuration names", () => {
  SEQUENCES.clear();
  const table = new EventTable(
    generatedHeader({ memberCount: 4, clientCount: 0, instanceCount: 0, seed: 1 }),
  );
  table.append(votes("replica-7", 1000, 1, 0));
  const { health } = new Recording(table);
  expect(health.at(table.authors.laneNamed("replica-7") as number, 1000)).toBe("up");
});

it("takes for members who is named like one where no header says who is", () => {
  SEQUENCES.clear();
  const header = generatedHeader({ memberCount: 4, clientCount: 0, instanceCount: 0, seed: 1 });
  const table = new EventTable({ ...header, memberCount: 0, names: [] });
  for (const member of [2, 5]) table.append(votes(`replica-${member}`, 1000, 1, 0));
  table.append(note("client-1", 1000, "request", {}));
  const { configurations, instances } = new Recording(table);
  expect(configurations.of(1).members).toEqual([2, 5]);
  expect(hasMember(instances.find(1)!.prepares, 5)).toBe(true);
});

it.each(["", "1 x 3", "1 2 1e99"])("takes no members from %j", (members) => {
  SEQUENCES.clear();
  const table = new EventTable(
    generatedHeader({ memberCount: 4, clientCount: 0, instanceCount: 0, seed: 1 }),
  );
  table.append(epoch("replica-1", 2000, "begins", members));
  expect(new Recording(table).configurations.newest).toMatchObject({
    epoch: 0,
    members: [0, 1, 2, 3],
  });
});
