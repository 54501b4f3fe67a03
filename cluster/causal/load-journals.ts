import { createReadStream, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { QuorateError } from "../../base/quorate-error.ts";
import type { EventBlock } from "../../base/journal/event-block.ts";
import type { RecordingHeader } from "../../base/journal/journal-event.ts";
import { JournalReader } from "../../base/journal/journal-reader.ts";
import type { JournalGap } from "../../base/journal/journal-reader.ts";

/** Some 200 MB of blocks and a graph of as much: what a command may take. */
const EVENT_COUNT_MAX = 5_000_000;
/** A cluster's folder, a node's, its journal: no recording lies deeper. */
const DEPTH_MAX = 4;
const ENDING = ".qjournal";

export interface LoadedJournals {
  readonly files: readonly string[];
  readonly header: RecordingHeader | undefined;
  /** In the order of each author's events. */
  readonly blocks: readonly EventBlock[];
  readonly eventCount: number;
  readonly gaps: readonly (JournalGap & { readonly file: string })[];
}

/**
 * Every recording under a folder (a cluster's, a node's, a journal's), or one file.
 *
 * @throws QuorateError JOURNAL_MISSING, JOURNAL_UNREADABLE, JOURNAL_TOO_LARGE
 */
export async function loadJournals(path: string): Promise<LoadedJournals> {
  const files = recordingsAt(path);
  if (files.length === 0) {
    throw new QuorateError(
      "JOURNAL_MISSING",
      `${path} holds no recording`,
      `name a file that ends in ${ENDING}, or a cluster's folder whose replicas keep journals`,
    );
  }
  const blocks: EventBlock[] = [];
  const gaps: (JournalGap & { file: string })[] = [];
  let header: RecordingHeader | undefined;
  let eventCount = 0;
  for (const file of files) {
    const reader = new JournalReader();
    for await (const chunk of chunksOf(file)) {
      for (const block of reader.push(chunk)) {
        blocks.push(block);
        eventCount += block.eventCount;
      }
      if (eventCount > EVENT_COUNT_MAX) throw tooLarge(path);
    }
    reader.end();
    header ??= reader.header;
    gaps.push(...reader.gaps.map((gap) => ({ ...gap, file })));
  }
  return { files, header, blocks, eventCount, gaps };
}

function recordingsAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    return find(path, 0).sort(bySegment);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function find(folder: string, depth: number): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return entry.name.endsWith(ENDING) ? [path] : [];
    return entry.isDirectory() && depth < DEPTH_MAX ? find(path, depth + 1) : [];
  });
}

/** Folder by folder, and in each by incarnation and number. */
function bySegment(left: string, right: string): number {
  const folders = dirname(left).localeCompare(dirname(right));
  return folders || basename(left).localeCompare(basename(right), "en", { numeric: true });
}

async function* chunksOf(file: string): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 4 * 1024 * 1024 })) {
      yield new Uint8Array(chunk as Buffer);
    }
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(path: string, cause: unknown): QuorateError {
  const why = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new QuorateError(
    "JOURNAL_UNREADABLE",
    `${path} cannot be read (${why})`,
    "check the name and your right to read it",
    { cause },
  );
}

function tooLarge(path: string): QuorateError {
  return new QuorateError(
    "JOURNAL_TOO_LARGE",
    `${path} holds more than ${EVENT_COUNT_MAX} events`,
    "name a part of it: one node's journal, or single segments",
  );
}
