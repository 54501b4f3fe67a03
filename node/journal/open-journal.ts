import { readFileSync } from "node:fs";
import { EventScribe } from "../../base/journal/event-scribe.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { JournalReader } from "../../base/journal/journal-reader.ts";
import { encodeRecordingHeader } from "../../base/journal/recording-format.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import type { Committee } from "../../consensus/committee.ts";
import { TIMING_DEFAULT } from "../../consensus/replica/timing.ts";
import type { Tally } from "../metrics/tally.ts";
import { JournalDoor } from "./journal-door.ts";
import { LiveJournal } from "./live-journal.ts";
import { SegmentFolder, listSegments, readSegment } from "./segment-folder.ts";
import type { Segment } from "./segment-folder.ts";
import { memberName } from "./member-numbers.ts";
import { StepJournal } from "./step-journal.ts";

export interface OpenJournalOptions {
  readonly folder: string;
  /** A file with the token of remote readers; there need not be one. */
  readonly tokenFile: string;
  readonly title: string;
  readonly committee: Committee;
  readonly index: ReplicaIndex;
  /** By which the members are named, in their order. */
  readonly numbers: readonly number[];
  /** Whom the executed state has in quarantine. */
  readonly quarantined: () => ReadonlySet<ReplicaIndex>;
  readonly bytesMax: number;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly drops: Tally;
}

export interface OpenJournal {
  /** Whose it is: "replica-2". */
  readonly name: string;
  readonly scribe: EventScribe;
  readonly steps: StepJournal;
  readonly door: JournalDoor;
  readonly live: LiveJournal;
  /** On disk, bytes. */
  readonly size: () => number;
}

/** Begins a new incarnation behind those that lie in the folder. */
export function openJournal(options: OpenJournalOptions): OpenJournal {
  const { folder, committee, index, numbers, bytesMax, nowMs, drops } = options;
  const before = lastEvent(folder);
  // Seconds since 1970, so that a folder that was emptied begins no number again.
  const incarnation = Math.max(
    (before?.id.author.incarnation ?? 0) + 1,
    Math.floor(nowMs() / 1000),
  );
  const names = numbers.map(memberName);
  const header = encodeRecordingHeader({
    ...{ origin: "live", title: options.title, names, seed: undefined },
    memberCount: committee.members.length,
    faultyMax: committee.faultyMax,
  });
  const door = new JournalDoor({ header, token: readToken(options.tokenFile) }, drops);
  const segments = new SegmentFolder(folder, { incarnation, header, bytesMax }, drops);
  const live = new LiveJournal(segments, door, drops);
  const name = names[index] as string;
  const scribe = new EventScribe(
    {
      author: { name, incarnation },
      nowMs,
      aheadMsMax: TIMING_DEFAULT.epsilonMs,
      floor: before?.hlc,
    },
    live,
  );
  if (before !== undefined) {
    const { author, sequence } = before.id;
    scribe.heard(name, { incarnation: author.incarnation, sequence, ...before.hlc });
  }
  const steps = new StepJournal({ scribe, committee, numbers, quarantined: options.quarantined });
  return { name, scribe, steps, door, live, size: () => segments.size };
}

/** Of all that is on disk; what was torn off behind it is gone. */
function lastEvent(folder: string): JournalEvent | undefined {
  for (const segment of listSegments(folder).reverse()) {
    const event = lastOf(folder, segment);
    if (event !== undefined) return event;
  }
  return undefined;
}

function lastOf(folder: string, segment: Segment): JournalEvent | undefined {
  try {
    const block = new JournalReader().push(readSegment(folder, segment)).at(-1);
    return block?.event(block.eventCount - 1);
  } catch {
    return undefined;
  }
}

function readToken(file: string): string | undefined {
  try {
    const token = readFileSync(file, "utf8").trim();
    return token === "" ? undefined : token;
  } catch {
    return undefined;
  }
}
