import { describe, expect, it } from "vitest";
import type { EventKind, JournalEvent } from "../../../base/journal/journal-event.ts";
import { eventName } from "../../../base/journal/journal-event.ts";
import { JournalReader } from "../../../base/journal/journal-reader.ts";
import { drawPlan } from "../faults/draw-plan.ts";
import type { Plan } from "../faults/plan.ts";
import { recordPlan, runPlan } from "../run-seed.ts";
import { Violation } from "../world/witness.ts";
import { JudgedJournal } from "./judged-journal.ts";

/** Ten virtual seconds of a small cluster whose primary crashes. */
const PLAN: Plan = {
  ...drawPlan(3),
  memberCount: 4,
  faultyMax: 1,
  realCrypto: false,
  liars: [],
  clientCount: 3,
  writesPerClient: 6,
  thinkMs: 200,
  healMs: 6000,
  durationMs: 8000,
  faults: [
    { type: "crash", atMs: 1500, forMs: 1500, replica: 0 },
    { type: "pause", atMs: 4000, forMs: 300, replica: 2 },
  ],
};

/** The fifth joins, and the first leaves. */
const MEMBERS_PLAN: Plan = {
  ...PLAN,
  faults: [],
  writesPerClient: 10,
  checkpointInterval: 4,
  healMs: 10_000,
  durationMs: 12_000,
  membership: {
    newcomerCount: 1,
    mayStall: false,
    changes: [
      { atMs: 500, add: [4], remove: [], consent: "given" },
      { atMs: 2_500, add: [], remove: [0], faultyMax: 1, consent: "given" },
    ],
  },
};

interface EpochTold {
  readonly name: string;
  readonly what: string;
  readonly epoch: number;
  readonly sequence?: number;
}

describe("a recorded run", async () => {
  const { outcome, recording } = await recordPlan(PLAN);
  const { reader, events } = read(recording);
  const of = (kind: EventKind): JournalEvent[] => events.filter((event) => event.kind === kind);

  it("is the run that it would have been", async () => {
    expect(outcome.violation).toBeUndefined();
    expect((await runPlan(PLAN)).hash).toBe(outcome.hash);
  });

  it("is the same to the byte from run to run", async () => {
    expect(Buffer.compare((await recordPlan(PLAN)).recording, recording)).toBe(0);
  });

  it("says what was run", () => {
    expect(reader.gapCount).toBe(0);
    expect(reader.header).toMatchObject({ origin: "simulation", memberCount: 4, seed: 3 });
  });

  it("follows a write from the client's request to its answer", () => {
    for (const kind of ["request", "received", "proposed", "voted", "prepared"] as const) {
      expect(of(kind).length, kind).toBeGreaterThan(0);
    }
    const known = new Map(events.map((event) => [eventName(event.id), event]));
    const answer = of("answer").find(({ detail }) => detail["what"] === "put") as JournalEvent;
    const kinds = new Set([...ancestors(answer, known)].map(({ kind }) => kind));
    for (const kind of ["request", "proposed", "prepared", "committed", "certified"] as const) {
      expect(kinds).toContain(kind);
    }
  });

  it("tells faults, the crash, the restart under a new incarnation, and the healing", () => {
    expect(of("fault").map(({ detail }) => detail)).toEqual([
      { what: "crash", target: "replica-0" },
      { what: "pause", target: "replica-2" },
    ]);
    expect(of("crash").map(({ detail }) => detail)).toEqual([{ target: "replica-0" }]);
    const restarts = of("restart").map(({ id }) => `${id.author.name} ${id.author.incarnation}`);
    expect(restarts).toContain("replica-0 2");
    const again = of("restart").at(-1) as JournalEvent;
    expect(again.parents.map(({ author }) => author.name)).toEqual(["replica-0", "world"]);
    const healed = of("heal").map(({ detail }) => detail["what"]);
    expect(healed).toEqual(["crash", "pause", "everything"]);
  });

  it("tells the view change that the crash led to, with who was suspected", () => {
    expect(of("suspicion").some(({ detail }) => detail["peer"] === "replica-0")).toBe(true);
    expect(of("new-view").some(({ detail }) => detail["view"] === 1)).toBe(true);
  });

  it("takes fewer than 40 bytes an event", () => {
    expect(recording.length / events.length).toBeLessThan(40);
  });
});

describe("a recorded run in which members come and go", async () => {
  const { recording } = await recordPlan(MEMBERS_PLAN);
  const { events } = read(recording);
  const told = events
    .filter(({ kind }) => kind === "epoch")
    .map(({ id, detail }) => ({ name: id.author.name, ...detail }) as EpochTold);
  const namesOf = (what: string, epoch: number): string[] =>
    told.filter((each) => each.what === what && each.epoch === epoch).map(({ name }) => name);

  it("tells who begins an epoch, with all its members by their numbers", () => {
    expect(namesOf("begins", 1).toSorted()).toEqual([
      "replica-0",
      "replica-1",
      "replica-2",
      "replica-3",
    ]);
    const first = told.find(({ what, epoch }) => what === "begins" && epoch === 1);
    expect(first).toMatchObject({ members: "0 1 2 3 4", faultyMax: 1 });
    const second = told.find(({ what, epoch }) => what === "begins" && epoch === 2);
    expect(second).toMatchObject({ members: "1 2 3 4" });
  });

  it("tells one boundary for an epoch, whoever begins it", () => {
    for (const epoch of [1, 2]) {
      const begun = told.filter((each) => each.what === "begins" && each.epoch === epoch);
      expect(new Set(begun.map(({ sequence }) => sequence)).size, `epoch ${epoch}`).toBe(1);
    }
  });

  it("tells who leaves apart from whose epoch only ends", () => {
    expect(namesOf("leaves", 1)).toEqual(["replica-0"]);
    expect(namesOf("ends", 1).toSorted()).toEqual([
      "replica-1",
      "replica-2",
      "replica-3",
      "replica-4",
    ]);
  });
});

describe("a run that a checker ends", () => {
  it("has the violation as its last event", async () => {
    const unfinished: Plan = { ...PLAN, faults: [], healMs: 1000, durationMs: 1000 };
    const stuck: Plan = { ...unfinished, writesPerClient: 10_000, thinkMs: 60_000 };
    const { outcome, recording } = await recordPlan(stuck);
    const last = read(recording).events.at(-1);
    expect(outcome.violation?.checker).toBe("progress after healing");
    expect(last).toMatchObject({
      kind: "violation",
      detail: { checker: "progress after healing" },
    });
  });
});

describe("the causality of a run", () => {
  it.each<[string, Partial<JournalEvent>]>([
    ["a time that goes back", { hlc: { milliseconds: 4, counter: 0 } }],
    ["a sequence made twice", { id: idOf("a", 1), hlc: { milliseconds: 9, counter: 0 } }],
    ["a sequence left out", { id: idOf("a", 3) }],
    ["a parent from the future", { parents: [idOf("b", 1)] }],
  ])("%s ends it at the event", (_what, planted) => {
    const judged = new JudgedJournal(undefined);
    judged.take(event("b", 1, 50));
    judged.take(event("a", 1, 5));
    const good = event("a", 2, 6);
    expect(() => judged.take({ ...good, ...planted })).toThrow(Violation);
    // The violation itself can be written down after that.
    judged.take(event("world", 1, 60));
  });

  it("finds a parent that never was when the run ends", () => {
    const judged = new JudgedJournal(undefined);
    judged.take({ ...event("a", 1, 5), parents: [idOf("b", 1)] });
    expect(() => judged.end()).toThrow("names a parent");
  });
});

function event(name: string, sequence: number, milliseconds: number): JournalEvent {
  const hlc = { milliseconds, counter: 0 };
  return { id: idOf(name, sequence), hlc, kind: "timer", parents: [], detail: {} };
}

function idOf(name: string, sequence: number): JournalEvent["id"] {
  return { author: { name, incarnation: 1 }, sequence };
}

function read(recording: Uint8Array): { reader: JournalReader; events: JournalEvent[] } {
  const reader = new JournalReader();
  const events = reader.push(recording).flatMap((block) => [...block.events()]);
  reader.end();
  return { reader, events };
}

/** Everything that happened before, by parents and by each author's order. */
function ancestors(
  event: JournalEvent,
  known: ReadonlyMap<string, JournalEvent>,
): Set<JournalEvent> {
  const seen = new Set<JournalEvent>();
  const open = [event];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { author, sequence } = next.id;
    for (const id of [...next.parents, { author, sequence: sequence - 1 }]) {
      const cause = known.get(eventName(id));
      if (cause === undefined || seen.has(cause)) continue;
      seen.add(cause);
      open.push(cause);
    }
  }
  return seen;
}
