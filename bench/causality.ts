import { CausalityVerifier } from "../base/journal/causality-verifier.ts";
import type { EventBlock } from "../base/journal/event-block.ts";
import { EventScribe } from "../base/journal/event-scribe.ts";
import type { JournalEvent } from "../base/journal/journal-event.ts";
import { JournalReader } from "../base/journal/journal-reader.ts";
import { JournalWriter } from "../base/journal/journal-writer.ts";
import { Prng } from "../base/prng.ts";
import { verdict } from "./harness/verdict.ts";

/**
 * What the journal costs at a million events of seven replicas: to note and write one, to read one,
 * to judge one. CPU time of this process, so that other load on the machine does not count. Exit 1
 * when judging takes more than 2 µs or 64 bytes an event, or an event more than 40 bytes on disk.
 */
const EVENT_COUNT = Number(process.env["BENCH_COUNT"] ?? 1_000_000);
const MEMBER_COUNT = 7;
const JUDGED_MICROSECONDS_MAX = 2;
const JUDGED_BYTES_MAX = 64;
const WRITTEN_BYTES_MAX = 40;
const READ_SECONDS_MAX = 10;

const KINDS = ["voted", "prepared", "committed", "executed", "certified"] as const;

function main(): void {
  const [written, blocks] = timed(() => writeAll());
  const bytes = Buffer.concat(blocks);
  const [read, decoded] = timed(() => readAll(bytes));
  const verifier = new CausalityVerifier({ isComplete: true, eventCountMax: EVENT_COUNT });
  const [judged] = timed(() => {
    for (const block of decoded) verifier.addBlock(block);
    verifier.end();
  });
  const objects = new CausalityVerifier({ isComplete: true, eventCountMax: EVENT_COUNT });
  const [judgedObjects] = timed(() => {
    for (const block of decoded) for (const event of block.events()) objects.add(event);
  });
  const findings = verifier.findingCount + objects.findingCount;
  if (findings > 0) throw new Error(`${findings} findings in a history that can have happened`);
  const each = (microseconds: number): number => microseconds / EVENT_COUNT;
  const figures = {
    events: EVENT_COUNT,
    noteAndWriteMicroseconds: each(written),
    readMicroseconds: each(read),
    judgeMicroseconds: each(judged),
    judgeFromObjectsMicroseconds: each(judgedObjects),
    judgeBytes: verifier.byteSize / EVENT_COUNT,
    writtenBytes: bytes.length / EVENT_COUNT,
  };
  console.log(JSON.stringify(figures, undefined, 2));
  verdict("judging, µs an event", each(judged), "at most", JUDGED_MICROSECONDS_MAX);
  verdict("judging, bytes an event", figures.judgeBytes, "at most", JUDGED_BYTES_MAX);
  verdict("on disk, bytes an event", figures.writtenBytes, "at most", WRITTEN_BYTES_MAX);
  verdict("reading all, s", read / 1e6, "at most", READ_SECONDS_MAX);
}

/** Replicas that hear one another as those of a busy cluster do: about one parent an event. */
function writeAll(): Uint8Array[] {
  const prng = new Prng(1);
  const writer = new JournalWriter();
  const blocks: Uint8Array[] = [];
  const flush = (): void => {
    const block = writer.flush();
    if (block !== undefined) blocks.push(block);
  };
  const take = (event: JournalEvent): void => {
    if (writer.isFull) flush();
    writer.add(event);
  };
  let nowMs = 1_700_000_000_000;
  const scribes = Array.from({ length: MEMBER_COUNT }, (_, index) => {
    const author = { name: `replica-${index}`, incarnation: 1 };
    return new EventScribe({ author, nowMs: () => nowMs, aheadMsMax: 500 }, { take });
  });
  for (let count = 0; count < EVENT_COUNT; count++) {
    if (count % 5 === 0) nowMs++;
    const scribe = scribes[prng.below(MEMBER_COUNT)] as EventScribe;
    const other = scribes[prng.below(MEMBER_COUNT)] as EventScribe;
    if (other.hint !== undefined) scribe.heard(other.author.name, other.hint);
    const kind = KINDS[count % KINDS.length] as (typeof KINDS)[number];
    const sequence = Math.floor(count / 35);
    const digest = `${sequence.toString(16).padStart(8, "0")}01234567`;
    scribe.note(kind, { epoch: 0, view: 1, sequence, digest });
  }
  flush();
  return blocks;
}

function readAll(bytes: Uint8Array): EventBlock[] {
  const reader = new JournalReader();
  const blocks = reader.push(bytes);
  reader.end();
  return blocks;
}

/** Microseconds of CPU, and what came of it. */
function timed<T>(work: () => T): [microseconds: number, result: T] {
  const start = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(start);
  return [user + system, result];
}

main();
