import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { concatBytes } from "../../base/bytes.ts";
import { CausalGraph } from "../../base/journal/causal-graph.ts";
import { describeFinding } from "../../base/journal/causality-verifier.ts";
import { EventScribe } from "../../base/journal/event-scribe.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { eventName } from "../../base/journal/journal-event.ts";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import { encodeRecordingHeader } from "../../base/journal/recording-format.ts";
import { exportEvents, lineOf } from "./export-events.ts";
import { eventAbout, eventCalled, nameOf } from "./find-events.ts";
import { loadJournals } from "./load-journals.ts";
import { verifyJournals } from "./verify-journals.ts";

describe("journals in a cluster's folder", () => {
  it("are found and read in the order of their segments", async () => {
    const folder = temporaryFolder();
    const [first, second, third] = story();
    write(folder, "node-0/journal/9-000001.qjournal", [first]);
    write(folder, "node-0/journal/10-000001.qjournal", [third]);
    write(folder, "node-1/journal/9-000001.qjournal", [second]);
    writeFileSync(join(folder, "node-1/journal/notes.txt"), "nothing");
    const journals = await loadJournals(folder);
    expect(journals.files.map((file) => file.slice(folder.length + 1))).toEqual([
      "node-0/journal/9-000001.qjournal",
      "node-0/journal/10-000001.qjournal",
      "node-1/journal/9-000001.qjournal",
    ]);
    expect(verifyJournals(journals)).toMatchObject({ events: 3, findingCount: 0, gaps: [] });
  });

  it.each([
    ["nothing", "JOURNAL_MISSING", (folder: string): string => folder],
    ["no such path", "JOURNAL_UNREADABLE", (folder: string): string => join(folder, "none")],
  ])("that are not there are an error: %s", async (_what, code, path) => {
    await expect(loadJournals(path(temporaryFolder()))).rejects.toMatchObject({ code });
  });

  it("with a torn tail and a dropped segment are verified as far as they go", async () => {
    const folder = temporaryFolder();
    const [, second, third] = story();
    write(folder, "a.qjournal", [second]);
    write(folder, "b.qjournal", [third], 5);
    const verdict = verifyJournals(await loadJournals(folder));
    expect(verdict.findings).toEqual([]);
    expect(verdict.damaged).toMatchObject([{ why: "cut off" }]);
  });

  it("that contradict each other are told apart from gaps", async () => {
    const folder = temporaryFolder();
    const [first, second, third] = story();
    const late: JournalEvent = { ...first, hlc: { milliseconds: 9e12, counter: 0 } };
    write(folder, "a.qjournal", [late, third]);
    write(folder, "b.qjournal", [second]);
    const verdict = verifyJournals(await loadJournals(folder));
    expect(verdict.findings.map(describeFinding)).toEqual([
      "replica-0#1:2 is not later than its author's event before, replica-0#1:1",
      "replica-1#1:1 is not later than its parent replica-0#1:1",
    ]);
  });
});

describe("an event", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-causal-"));
  write(folder, "a.qjournal", story());
  const { blocks } = await loadJournals(folder);
  rmSync(folder, { recursive: true });
  const graph = new CausalGraph(blocks);

  it.each([
    ["its name", "replica-1#1:1", "replica-1#1:1"],
    ["a key that it tells of", "default/0123", "replica-0#1:2"],
    ["a part of a digest", "beef0123", "replica-1#1:1"],
  ])("is found by %s", (_what, text, name) => {
    expect(nameOf(graph, eventAbout(graph, text))).toBe(name);
  });

  it.each(["replica-9#1:1", "default/ffff", "def"])("that is called %s is none", (text) => {
    expect(() => eventAbout(graph, text)).toThrow(
      expect.objectContaining({ code: "EVENT_UNKNOWN" }),
    );
  });

  it("is called by its name only where one is meant", () => {
    expect(() => eventCalled(graph, "default/0123")).toThrow("no event's name");
  });
});

describe("an export", () => {
  it("for people is a line an event", () => {
    expect(story().map(lineOf)).toEqual([
      "22:13:20.000+0  replica-0#1:1  proposed  view=0",
      "22:13:20.000+1  replica-1#1:1  voted  digest=beef0123beef0123  ← replica-0#1:1",
      "22:13:20.000+2  replica-0#1:2  executed  keys=default/0123456789abcdef  ← replica-1#1:1",
    ]);
  });

  it("for ShiViz has a vector clock for each event", () => {
    expect(exportEvents("shiviz", undefined, story())).toBe(
      [
        "(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})",
        "",
        'proposed {"view":0}',
        'replica-0 {"replica-0":1}',
        'voted {"digest":"beef0123beef0123"}',
        'replica-1 {"replica-0":1,"replica-1":1}',
        'executed {"keys":"default/0123456789abcdef"}',
        'replica-0 {"replica-0":2,"replica-1":1}',
        "",
      ].join("\n"),
    );
  });

  it("for Chrome has a thread an author, a slice an event and an arrow a cause", () => {
    const { traceEvents } = JSON.parse(exportEvents("chrome", undefined, story())) as {
      traceEvents: { ph: string; tid: number; ts?: number }[];
    };
    expect(traceEvents.map(({ ph }) => ph).join("")).toBe("MMXXsfXsf");
    const slices = traceEvents.filter(({ ph }) => ph === "X");
    expect(slices.map(({ tid, ts }) => [tid, ts])).toEqual([
      [1, 0],
      [2, 1],
      [1, 2],
    ]);
  });

  it("as JSON names events and their causes", () => {
    const { events } = JSON.parse(exportEvents("json", undefined, story())) as {
      events: { id: string; parents: string[] }[];
    };
    expect(events.map(({ id, parents }) => [id, parents])).toEqual(
      story().map(({ id, parents }) => [eventName(id), parents.map(eventName)]),
    );
  });
});

/** A proposal, a vote because of it, and what came of the vote. */
function story(): [JournalEvent, JournalEvent, JournalEvent] {
  const events: JournalEvent[] = [];
  const [one, two] = [0, 1].map((index) => {
    const author = { name: `replica-${index}`, incarnation: 1 };
    const nowMs = (): number => 1_700_000_000_000;
    return new EventScribe({ author, nowMs, aheadMsMax: 500 }, { take: (e) => events.push(e) });
  }) as [EventScribe, EventScribe];
  one.note("proposed", { view: 0 });
  two.heard("replica-0", one.hint!);
  two.note("voted", { digest: "beef0123beef0123" });
  one.heard("replica-1", two.hint!);
  one.note("executed", { keys: "default/0123456789abcdef" });
  return events as [JournalEvent, JournalEvent, JournalEvent];
}

function write(folder: string, name: string, events: readonly JournalEvent[], torn = 0): void {
  const writer = new JournalWriter();
  for (const event of events) writer.add(event);
  const header = encodeRecordingHeader({
    ...{ origin: "live", title: "test", memberCount: 4, faultyMax: 1, names: [] },
    seed: undefined,
  });
  const bytes = concatBytes(header, writer.flush()!);
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), bytes.subarray(0, bytes.length - torn));
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "quorate-causal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
