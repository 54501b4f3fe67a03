import { concatBytes } from "../../../base/bytes.ts";
import {
  CAUSE_HINT_SIZE,
  readCauseHint,
  writeCauseHint,
} from "../../../base/journal/cause-hint.ts";
import { CausalityVerifier } from "../../../base/journal/causality-verifier.ts";
import type { EventBlock } from "../../../base/journal/event-block.ts";
import type { JournalEvent } from "../../../base/journal/journal-event.ts";
import { JournalReader } from "../../../base/journal/journal-reader.ts";
import { JournalWriter } from "../../../base/journal/journal-writer.ts";
import {
  BLOCK_HEAD_SIZE,
  encodeBlock,
  encodeRecordingHeader,
} from "../../../base/journal/recording-format.ts";
import { demand } from "../target.ts";
import type { FuzzTarget } from "../target.ts";

/** What a viewer reads: files from anywhere, and streams of replicas that may lie. */
export function journalTargets(): readonly FuzzTarget[] {
  return [recordingTarget(), blockTarget(), hintTarget()];
}

/** A stream in two pieces: the reader must end it, account for every byte, and hold little. */
function recordingTarget(): FuzzTarget {
  const header = encodeRecordingHeader({
    ...{ origin: "live", title: "fuzz", memberCount: 4, faultyMax: 1, seed: undefined },
    names: ["replica-0", "replica-1"],
  });
  return {
    name: "recording",
    seeds: [concatBytes(header, blockOf(EVENTS)), concatBytes(blockOf(EVENTS), header)],
    feed: (input) => {
      const reader = new JournalReader();
      const half = input.length >> 1;
      const blocks = [...reader.push(input.slice(0, half)), ...reader.push(input.slice(half))];
      reader.end();
      demand(reader.waitingSize === 0, "nothing waits behind the end");
      demand(
        reader.gaps.every(({ size }) => size > 0),
        "a gap has bytes",
      );
      for (const block of blocks) judge(block);
      return blocks.length > 0;
    },
  };
}

/** A body behind right checksums, so that mutations reach what is inside. */
function blockTarget(): FuzzTarget {
  const span = { eventCount: EVENTS.length, earliestMs: 1000, latestMs: 1002 };
  return {
    name: "journal block",
    seeds: [blockOf(EVENTS).slice(BLOCK_HEAD_SIZE)],
    feed: (body) => {
      const [block] = new JournalReader().push(encodeBlock(body, span));
      if (block === undefined) return false;
      judge(block);
      return true;
    },
  };
}

function hintTarget(): FuzzTarget {
  const seed = new Uint8Array(CAUSE_HINT_SIZE);
  writeCauseHint({ incarnation: 1, sequence: 2, milliseconds: 3, counter: 4 }, seed, 0);
  return {
    name: "cause hint",
    seeds: [seed],
    feed: (input) => {
      if (input.length !== CAUSE_HINT_SIZE) return false;
      const hint = readCauseHint(input, 0);
      if (hint === undefined) return false;
      const again = new Uint8Array(CAUSE_HINT_SIZE);
      writeCauseHint(hint, again, 0);
      demand(
        again.every((byte, index) => byte === input[index]),
        "a hint has one encoding",
      );
      return true;
    },
  };
}

/** What was taken can be looked at, judged, and written again. */
function judge(block: EventBlock): void {
  const verifier = new CausalityVerifier({ isComplete: false, eventCountMax: 1_000_000 });
  verifier.addBlock(block);
  verifier.end();
  const events = [...block.events()];
  const again = new JournalReader().push(blockOf(events)).flatMap((each) => [...each.events()]);
  demand(JSON.stringify(again) === JSON.stringify(events), "events come back");
}

const EVENTS: readonly JournalEvent[] = [0, 1, 2].map((index) => ({
  id: { author: { name: `replica-${index % 2}`, incarnation: 1 }, sequence: 1 + (index >> 1) },
  hlc: { milliseconds: 1000 + index, counter: index },
  kind: index === 1 ? "prepared" : "timer",
  parents: [{ author: { name: "client-7", incarnation: 1 }, sequence: 5 }],
  detail: {
    view: index,
    latencyMs: 0.5 * index,
    digest: "0123456789abcdef",
    what: "größe",
    ok: true,
  },
}));

function blockOf(events: readonly JournalEvent[]): Uint8Array {
  const writer = new JournalWriter();
  for (const event of events) writer.add(event);
  return writer.flush() ?? new Uint8Array(0);
}
